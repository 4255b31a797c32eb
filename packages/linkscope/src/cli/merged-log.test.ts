import { expect, test } from 'vitest';
import { MergedLog } from './merged-log.js';
import { relayLine } from './relay-lines.js';

test('lines of several processes stand in the order in which they were written', () => {
	const lines: string[] = [];
	const log = new MergedLog((line) => lines.push(line));
	log.add('inviter', 1012.34, 'second');
	log.add('relay', 1000, 'first');
	log.flush();
	log.add('invitee', 3500, 'third');
	log.flush();
	log.flush();
	expect(lines).toEqual(['    0.0 ms  relay    first', '   12.3 ms  inviter  second', '     2.5 s  invitee  third']);
});

test("a relay's log reads like one for people", () => {
	const at = '2026-11-21T07:00:00.000Z';
	const entry = { at, level: 'info', event: 'call', outcome: 'local', from: 'linkscope:62k7-4wk0-edjw-9md7-3qf3-gq23-s33s-z823' };
	expect(relayLine(JSON.stringify(entry))).toEqual({ time: Date.parse(at), line: 'call: outcome local, from 62k7-4wk0…' });
	expect(relayLine(JSON.stringify({ at, level: 'warn', event: 'draining' }))?.line).toBe('⚠️ draining');
	expect(relayLine('Error: no JSON')).toBeNull();
});
