import { sidePath } from '../harness/bundle.mjs';
import { figure, milliseconds, single } from '../harness/figures.mjs';
import { startSide } from '../harness/side.mjs';
import { quantile } from '../harness/statistics.mjs';

const PASTE_TO_ACTIVE_MS = 50;
const DISCOVERY_MESSAGES = 5;
const SECURING_MESSAGES = 10;
const RUNS = 50;

export const sides = ['invite-flow'];
export const title = 'From a pasted invite to an active connection';
export const head = ['measured', '', 'p50', 'p99', 'goal', ''];
export const notes = `Relay, inviter and invitee are one process on loopback, instrumentation installed; ${RUNS} invites, each accepted by a new identity: checked, the inviter found at the relay, dialled, authenticated,
encrypted and paired. The goal is one for the p50. First: the first invite of the process, with code that has never run. Messages are those that the invitee's stats tell.`;

export async function run() {
	const side = startSide(sidePath('invite-flow'));
	await side.call('wait', { direct: false });
	const first = await side.call('accept', { count: 1 });
	const relayed = await side.call('accept', { count: RUNS });
	await side.call('wait', { direct: true });
	const direct = await side.call('accept', { count: RUNS });
	await side.call('end');
	await side.end();
	return [
		took('paste to ACTIVE over the relay', relayed),
		took('paste to ACTIVE at an address found at the relay', direct),
		took('the first one, over the relay', first),
		figure(single(relayed.discovery), { label: 'messages of discovery', format: String, atMost: DISCOVERY_MESSAGES }),
		figure(single(relayed.securing), { label: 'messages of authentication, encryption and pairing', format: String, atMost: SECURING_MESSAGES }),
	];
}

function took(label, { tookMs }) {
	const p50 = quantile(tookMs, 0.5);
	return {
		...figure(single(p50), { label, subject: milliseconds(p50), format: milliseconds, atMost: PASTE_TO_ACTIVE_MS }),
		value: milliseconds(quantile(tookMs, 0.99)),
	};
}
