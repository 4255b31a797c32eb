import { ConnectionError, type Wire } from '@linkscope/core';
import { bytesField, type ControlObject, encodeBase64url, integerField } from '@linkscope/crypto';
import type { LinkscopeChannel } from '../linkscope-channel.js';
import type { ContinuitySession } from './continuity-session.js';
import { refused } from './refused.js';
import { checkResume, outOfOrder, proveResume, type ResumePoint, readControl, verifiedChannel, wellFormed } from './resume-messages.js';
import { type Agreement, agreementOn, type Carrier, type SessionState } from './session-state.js';

export interface AcceptedSession {
	readonly session: ContinuitySession;
	readonly state: SessionState;
}

/** What the acceptor's handshake asks of the registry. */
export interface SessionBook {
	/** The session of this name that began with this peer. */
	find(id: string, channel: LinkscopeChannel): AcceptedSession | undefined;
	/** @throws HandshakeError CONTINUITY_FULL. */
	create(id: string, channel: LinkscopeChannel): AcceptedSession;
}

/** The accepting end's handshake: makes a session, or finds the one that the peer takes up. */
export async function acceptSession(book: SessionBook, carrier: Carrier, wire: Wire): Promise<ContinuitySession> {
	const channel = verifiedChannel(wire, { initiator: false });
	const message = await readControl(wire);
	// The connection may have ended while the message was on its way to this line: then it must not take the session from another.
	if (wire.signal.aborted) throw wire.signal.reason;
	const resuming = message.type === 'continuity_resume';
	if (!resuming && message.type !== 'continuity_open') throw outOfOrder(message, 'continuity_open or continuity_resume');
	const { id, ...asked } = wellFormed(() => ({
		id: encodeBase64url(bytesField(message, 'session', 16)),
		generation: integerField(message, 'generation', 1),
		received: resuming ? integerField(message, 'received') : 0,
	}));
	const known = book.find(id, channel);
	if (resuming && !known) return forgotten(wire);
	const { session, state } = known ?? book.create(id, channel);
	const answer = resuming ? proveBoth(state, asked, message, channel) : { type: 'continuity_opened' };
	if (!resuming && state.isSettled) throw refused('a session that both ends know is resumed, not opened');
	if (asked.generation <= state.generation) throw refused(`generation ${asked.generation} comes after ${state.generation}`);
	// The peer never heard of the connection before, if there was one.
	if (!resuming) state.agree(agreementOn(id, channel));
	state.resume(asked.received);
	state.begin(carrier, asked.generation);
	state.confirm();
	wire.send(JSON.stringify(answer));
	return session;
}

/** @returns the answer to a peer that proved that it held the session before. */
function proveBoth(state: SessionState, asked: ResumePoint, message: ControlObject, { binding }: LinkscopeChannel): object {
	const agreed = state.agreed as Agreement;
	checkResume('I', agreed, binding, asked, message);
	const { received } = state;
	return { type: 'continuity_resumed', received, proof: proveResume('R', agreed, binding, { generation: asked.generation, received }) };
}

/** The peer closes when it has read the answer: closed from here, the answer might not be heard. */
async function forgotten(wire: Wire): Promise<never> {
	wire.send(JSON.stringify({ type: 'continuity_lost' }));
	await wire.read();
	throw new ConnectionError('CONTINUITY_LOST', 'continuity: the peer wanted to resume a session that it has not begun here, or that is not known any more');
}
