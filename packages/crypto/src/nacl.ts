// Everything that stands on tweetnacl, so that a page loads it when it first needs it: await import('@linkscope/crypto/nacl').
export { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
export { encodeBase64url } from './base64url.js';
export { equalBytes } from './bytes.js';
export { CryptoError } from './crypto-error.js';
export { fingerprintOf } from './fingerprint.js';
export { boxKeyPair, openSealed, randomBytes, SEAL_OVERHEAD_BYTES, seal, sharedKey, sharedKeyOf } from './nacl-box.js';
export { answerChallenge, CHALLENGE_BYTES, Challenge, invert, SEALED_CHALLENGE_BYTES } from './nacl-challenge.js';
export { BoxChannel } from './nacl-channel.js';
export { instanceIdHash, personIdHash } from './nacl-id-hash.js';
export { padMessage, unpadMessage } from './nacl-padding.js';
export { secretbox } from './nacl-secretbox.js';
export { hexOf, KEY_BYTES, malformed, type OneObject, objectOf, parseObject, readBytes, readCommand, textOf } from './one-commands.js';
export type { KeyPair } from './primitives.js';
export { xsalsaSuite } from './suite-xsalsa.js';
