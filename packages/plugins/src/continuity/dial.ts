import { CloseCode, type Wire } from '@linkscope/core';
import { equalBytes, integerField } from '@linkscope/crypto';
import type { LinkscopeChannel } from '../linkscope-channel.js';
import { refused } from './refused.js';
import { checkResume, outOfOrder, proveResume, readControl, verifiedChannel, wellFormed } from './resume-messages.js';
import { type Agreement, agreementOn, type Carrier, type SessionState } from './session-state.js';

/** The dialling end's handshake: begins the session, or takes it up again on this connection. */
export async function dialSession(session: SessionState, carrier: Carrier, wire: Wire): Promise<void> {
	const channel = verifiedChannel(wire, { initiator: true });
	session.assertLiving();
	if (session.agreed) await resume(session, session.agreed, carrier, wire, channel);
	else await open(session, carrier, wire, channel);
}

async function open(session: SessionState, carrier: Carrier, wire: Wire, channel: LinkscopeChannel): Promise<void> {
	const agreement = agreementOn(session.proposedId, channel);
	const generation = session.generation + 1;
	session.begin(carrier, generation);
	wire.send(JSON.stringify({ type: 'continuity_open', session: agreement.id, generation }));
	const answer = await readControl(wire);
	session.assertLiving();
	if (answer.type !== 'continuity_opened') throw outOfOrder(answer, 'continuity_opened');
	// A later connection took over meanwhile: this one only hands on what was sent through it.
	if (session.carrier !== carrier) return;
	session.agree(agreement);
	session.confirm();
}

async function resume(session: SessionState, agreed: Agreement, carrier: Carrier, wire: Wire, channel: LinkscopeChannel): Promise<void> {
	if (!equalBytes(agreed.peerIdentity, channel.peerIdentity)) {
		throw refused(`the session is with ${agreed.peer}, and ${channel.peer} answered`, CloseCode.AUTHENTICATION);
	}
	const generation = session.generation + 1;
	session.begin(carrier, generation);
	const mine = { generation, received: session.received };
	const proof = proveResume('I', agreed, channel.binding, mine);
	wire.send(JSON.stringify({ type: 'continuity_resume', session: agreed.id, ...mine, proof }));
	const answer = await readControl(wire);
	session.assertLiving();
	if (answer.type === 'continuity_lost') {
		session.lose('the peer does not know the session any more');
		session.assertLiving();
	}
	if (answer.type !== 'continuity_resumed') throw outOfOrder(answer, 'continuity_resumed');
	if (session.carrier !== carrier) return;
	const received = wellFormed(() => integerField(answer, 'received'));
	checkResume('R', agreed, channel.binding, { generation, received }, answer);
	session.resume(received);
	session.confirm();
}
