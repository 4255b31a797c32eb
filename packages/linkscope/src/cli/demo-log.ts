import { hub, type Note } from '@linkscope/core';
import { installInstrumentation } from '../index.js';

/** @param time milliseconds since 1970, with fractions. */
export type WriteLine = (time: number, line: string) => void;

type NoteOf<Kind extends Note['kind']> = Extract<Note, { kind: Kind }>;

/** Instruments this process and writes what happens to its connections: the live log of seeds/004, and the steps of an invite between its lines. */
export function writeSteps(label: string, write: WriteLine): void {
	installInstrumentation({ label, log: { level: 'info', sink: (line) => write(timeOf(performance.now()), line.replace(`[${label}] `, '')) } });
	hub.subscribe((event) => {
		if (event.type !== 'note') return;
		if (event.note.kind === 'security') write(timeOf(event.at), securityLine(event.note));
		else if (event.note.kind === 'stage') {
			const line = stageLine(event.note);
			if (line) write(timeOf(event.note.startedAt + event.note.durationMs), line);
		}
	});
}

export function timeOf(monotonicMs: number): number {
	return performance.timeOrigin + monotonicMs;
}

const DONE: Readonly<Record<NoteOf<'security'>['stage'], string>> = { auth: '🔐 Authenticated', encrypt: '🔒 Encrypted', pair: '🤝 Paired' };

function securityLine({ stage, outcome, peer, code }: NoteOf<'security'>): string {
	if (outcome !== 'ok') return `⛔ ${stage} refused: ${code ?? 'no code'}`;
	return stage === 'auth' && peer ? `${DONE.auth}: the peer is ${peer}` : DONE[stage];
}

/** Of the stages that no state of a connection tells. */
function stageLine({ name, outcome, messages }: NoteOf<'stage'>): string | null {
	const how = outcome === 'ok' ? '' : ` ${outcome}`;
	if (name === 'validate') return `🔍 Invite checked${how}: format, signature, time`;
	if (name === 'discover') return `📨 Discovery${how}: ${messages} messages with the relay`;
	if (name === 'sync') return `🔄 Synchronisation${how || ' done'}: ${messages} messages`;
	return null;
}
