// The session of ONE.models, for those who talk to its deployments. An entry of its own, so that nobody else loads tweetnacl.
export type { OneChannel } from './one/channel.js';
export { type OneFragmentationOptions, OneFragmentationPlugin } from './one/fragmentation.js';
export { formatOneInvite, type OneInviteParts } from './one/invite.js';
export { OneKeepalivePlugin } from './one/keepalive.js';
export { admitByOneInvite, joinByOneInvite, type OneAdmitOptions, type OnePairOptions } from './one/pair.js';
export { ONE_PAIRING_OPENING, type OnePairingOptions, OnePairingPlugin } from './one/pairing.js';
export type { OneParty } from './one/pairing-messages.js';
export { type OneSessionOptions, OneSessionPlugin } from './one/session.js';
export { OneTokenBook, type OneTokenBookOptions } from './one/tokens.js';
