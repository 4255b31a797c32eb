import type { StageSnapshot } from '../index.js';
import { type DemoChild, DemoError } from './demo-child.js';
import type { DemoEventOf } from './demo-messages.js';
import type { DemoProcesses } from './demo-processes.js';
import type { Output } from './output.js';
import { waterfall } from './waterfall.js';

const OF_BOTH = ['connect', 'auth', 'encrypt', 'pair', 'sync'] as const;
const OF_INVITEE = ['validate', 'discover', ...OF_BOTH] as const;

/** An invite from its making to the first data, between processes: everything that seeds/004 expects. @throws DemoError where a step fails or did not happen. */
export async function runInvite(processes: DemoProcesses, output: Output, host: string): Promise<void> {
	output.title('An invite, step by step');
	const relay = await processes.startRelay(host);
	const [inviter, invitee] = await Promise.all([processes.startPeer('inviter'), processes.startPeer('invitee')]);
	inviter.tell({ do: 'wait', relay });
	await inviter.next('waiting');
	inviter.tell({ do: 'invite' });
	const { link } = await inviter.next('invite');
	invitee.tell({ do: 'accept', link });
	const [{ objects }] = await Promise.all([invitee.next('synced'), inviter.next('used')]);
	inviter.tell({ do: 'send' });
	const [received, sent] = await Promise.all([invitee.next('received'), inviter.next('sent')]);
	const [theirs, ours] = await Promise.all([resultOf(inviter), resultOf(invitee)]);
	processes.log.flush();
	output.title('Stages at both ends, against what is expected of each');
	for (const line of waterfall([side('INVITEE', ours), side('INVITER', theirs)])) output.line(line);
	output.title('Report of the invitee');
	output.line(ours.report);
	check('invitee', ours.stages, OF_INVITEE);
	check('inviter', theirs.stages, OF_BOTH);
	if (received.sha256 !== sent.sha256) throw new DemoError('invitee', `the file that came is not the one that was sent: ${received.sha256}, ${sent.sha256}`);
	output.line(`\nAll seven steps were done; ${objects} objects were synchronised, and a file of ${received.bytes.toLocaleString('en')} bytes came.`);
}

async function resultOf(peer: DemoChild): Promise<DemoEventOf<'told'>> {
	peer.tell({ do: 'tell' });
	return peer.next('told');
}

function side(title: string, { stages }: DemoEventOf<'told'>) {
	return { title, stages };
}

function check(who: string, stages: readonly StageSnapshot[], expected: readonly StageSnapshot['name'][]): void {
	for (const name of expected) {
		const stage = stages.find((one) => one.name === name);
		if (stage?.outcome !== 'ok') throw new DemoError(who, `the stage ${name} ${stage ? `ended as ${stage.outcome}` : 'did not happen'}`);
	}
}
