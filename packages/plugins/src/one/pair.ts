import { Connection, type ConnectionOptions, systemClock, type Transport } from '@linkscope/core';
import type { OneInvitation } from '@linkscope/crypto';
import { hexToBytes } from '@linkscope/crypto/nacl';
import { OneFragmentationPlugin } from './fragmentation.js';
import { OneKeepalivePlugin } from './keepalive.js';
import { ONE_PAIRING_OPENING, type OnePairingOptions, OnePairingPlugin } from './pairing.js';
import type { OneParty } from './pairing-messages.js';
import { type OneSessionOptions, OneSessionPlugin } from './session.js';
import type { OneTokenBook } from './tokens.js';

export interface OnePairOptions extends Pick<OnePairingOptions, 'own' | 'personSecretKey'> {
	/** Bounds, clock and label of the connection. */
	connection?: Omit<ConnectionOptions, 'plugins'>;
}

export interface OneAdmitOptions extends OnePairOptions {
	/** The secret of `own.instanceKey`, 32 bytes. */
	instanceSecretKey: Uint8Array;
	tokens: OneTokenBook;
	/** The transport leads to a relay that will hand a connection over. Default false. */
	relayed?: boolean;
}

// The one who accepted the invite closes; one that does not is closed.
const CLOSE_AFTER_MS = 5_000;

/**
 * Accepts an invite: pairs with the inviter over a transport to `invite.url`, and closes.
 * @param invite as `parseInvite` of @linkscope/crypto read it.
 * @returns who invited. Names and URL are the peer's text: escape them before showing them.
 * @throws LinkscopeError as OnePairingPlugin and OneSessionPlugin say.
 */
export async function joinByOneInvite(transport: Transport, invite: Pick<OneInvitation, 'token' | 'publicKey'>, options: OnePairOptions): Promise<OneParty> {
	const { own, personSecretKey } = options;
	const session = { keys: { publicKey: own.personKey, secretKey: personSecretKey }, peer: hexToBytes(invite.publicKey), opening: ONE_PAIRING_OPENING };
	const { connection, peer } = await pair(transport, { role: 'initiator', ...session }, { own, personSecretKey, token: invite.token() }, options);
	await connection.close('Pairing is done.');
	return peer;
}

/**
 * Pairs with whoever comes over this transport with one of the tokens, and waits until it closes.
 * @returns who came.
 * @throws the same.
 */
export async function admitByOneInvite(transport: Transport, options: OneAdmitOptions): Promise<OneParty> {
	const { own, personSecretKey, instanceSecretKey, tokens, relayed } = options;
	const session = { keys: { publicKey: own.instanceKey, secretKey: instanceSecretKey }, relayed };
	const claim = (token: string): boolean => tokens.claim(token);
	const { connection, peer } = await pair(transport, { role: 'acceptor', ...session }, { own, personSecretKey, claim }, options);
	if (connection.closeInfo) return peer;
	const clock = options.connection?.clock ?? systemClock;
	await new Promise<void>((resolve) => {
		const cancel = clock.after(CLOSE_AFTER_MS, () => void connection.close());
		connection.onClose.once(() => {
			cancel();
			resolve();
		});
	});
	return peer;
}

async function pair(transport: Transport, session: OneSessionOptions, options: OnePairingOptions, { connection: bounds }: OnePairOptions) {
	const pairing = new OnePairingPlugin(options);
	const plugins = [new OneSessionPlugin(session), new OneKeepalivePlugin(), new OneFragmentationPlugin(), pairing];
	const connection = new Connection(transport, { initiator: session.role === 'initiator', ...bounds, plugins });
	try {
		await connection.open();
	} catch (error) {
		// A peer that closes at once behind its last message has paired all the same.
		if (!pairing.peer) throw error;
	}
	return { connection, peer: pairing.peer as OneParty };
}
