import { CloseCode, ConnectionError, type Wire } from '@linkscope/core';
import { bytesField, type ControlObject, encodeBase64url, equalBytes, integerField } from '@linkscope/crypto';
import type { LinkscopeChannel } from '../linkscope-channel.js';
import { refused } from './refused.js';
import { checkResume, outOfOrder, proveResume, readControl, verifiedChannel, wellFormed } from './resume-messages.js';
import type { Agreement, Carrier, SessionState } from './session-state.js';

/** What the acceptor's handshake asks of the registry. */
export interface SessionBook<S> {
	/** @throws HandshakeError CONTINUITY_FULL. */
	create(channel: LinkscopeChannel): { session: S; state: SessionState };
	find(id: string): { session: S; state: SessionState } | undefined;
}

/** The accepting end's handshake: makes a session, or finds the one that the peer takes up. @returns the session. */
export async function acceptSession<S>(book: SessionBook<S>, carrier: Carrier, wire: Wire): Promise<{ session: S; state: SessionState }> {
	const channel = verifiedChannel(wire, { initiator: false });
	const message = await readControl(wire);
	if (message.type === 'continuity_resume') return resume(book, message, carrier, wire, channel);
	if (message.type !== 'continuity_open') throw outOfOrder(message, 'continuity_open or continuity_resume');
	const entry = book.create(channel);
	wire.send(JSON.stringify({ type: 'continuity_opened' }));
	entry.state.begin(carrier, 1);
	entry.state.confirm();
	return entry;
}

async function resume<S>(book: SessionBook<S>, message: ControlObject, carrier: Carrier, wire: Wire, channel: LinkscopeChannel) {
	const asked = wellFormed(() => ({
		id: encodeBase64url(bytesField(message, 'session', 16)),
		generation: integerField(message, 'generation', 2),
		received: integerField(message, 'received'),
	}));
	const entry = book.find(asked.id);
	if (!entry) return forgotten(wire);
	const { state } = entry;
	const agreed = state.agreed as Agreement;
	if (!equalBytes(agreed.peerIdentity, channel.peerIdentity)) throw refused('the session to resume is with somebody else', CloseCode.AUTHENTICATION);
	checkResume('I', agreed, channel.binding, asked, message);
	if (asked.generation <= state.generation) throw refused(`generation ${asked.generation} comes after ${state.generation}`);
	state.resume(asked.received);
	state.begin(carrier, asked.generation);
	state.confirm();
	const mine = { generation: asked.generation, received: state.received };
	const proof = proveResume('R', agreed, channel.binding, mine);
	wire.send(JSON.stringify({ type: 'continuity_resumed', received: mine.received, proof }));
	return entry;
}

/** The peer closes when it has read the answer: closed from here, the answer might not be heard. */
async function forgotten(wire: Wire): Promise<never> {
	wire.send(JSON.stringify({ type: 'continuity_lost' }));
	await wire.read();
	throw new ConnectionError('CONTINUITY_LOST', 'continuity: the peer wanted to resume a session that is not known here (any more)');
}
