import { expect, test } from 'vitest';
import type { StageSnapshot } from '../index.js';
import { waterfall } from './waterfall.js';

const stage = (name: StageSnapshot['name'], startMs: number, durationMs: number, more: Partial<StageSnapshot> = {}): StageSnapshot => ({
	name,
	startedAt: new Date(Date.UTC(2026, 0, 1) + startMs).toISOString(),
	durationMs,
	messages: 4,
	budgetMs: null,
	overBudget: false,
	outcome: 'ok',
	...more,
});

test('both ends stand over one time, with the whole at the end', () => {
	const lines = waterfall([
		{ title: 'INVITEE', stages: [stage('connect', 0, 40), stage('total', 0, 80), stage('sync', 60, 40, { messages: 12 })] },
		{ title: 'INVITER', stages: [stage('connect', 20, 20)] },
	]);
	const bars = lines.map((line) => line.slice(12, 54).trimEnd());
	expect(bars).toEqual(['', `${'█'.repeat(16)}▊`, `${' '.repeat(25)}${'█'.repeat(16)}▊`, `${'█'.repeat(33)}▋`, '', '', `${' '.repeat(8)}${'█'.repeat(8)}▍`]);
	expect(lines.map((line) => line.slice(2, 9).trim())).toEqual(['INVITEE', 'connect', 'sync', 'total', '', 'INVITER', 'connect']);
});

test.each<[string, StageSnapshot]>([
	['40.0 ms 4 of 4-6 1 s within', stage('auth', 0, 40, { budgetMs: 1000 })],
	['1.2 s 7 of 4-6 1 s over: time', stage('auth', 0, 1200, { budgetMs: 1000, overBudget: true, messages: 7 })],
	['40.0 ms 9 of 4-8 3 s over: messages', stage('pair', 0, 40, { budgetMs: 3000, messages: 9 })],
	['40.0 ms 1 of 2-4 500 ms failed', stage('encrypt', 0, 40, { budgetMs: 500, messages: 1, outcome: 'failed' })],
	['0.4 ms 0 -', stage('validate', 0, 0.4, { messages: 0 })],
])('says what a stage took beside what is expected: %s', (text, one) => {
	const [, line = ''] = waterfall([{ title: 'A', stages: [one] }]);
	expect(line.slice(54).trim().replace(/ +/g, ' ')).toBe(text);
});

test('every line fits 100 columns, whatever it shows', () => {
	const stages = (['validate', 'discover', 'connect', 'auth', 'encrypt', 'pair', 'sync', 'total'] as const).map((name, i) =>
		stage(name, i * 1e7, 99_999_999, { messages: 99_999, budgetMs: 7000, overBudget: true }),
	);
	for (const line of waterfall([{ title: 'INVITEE', stages }])) expect(line.length).toBeLessThanOrEqual(100);
	expect(waterfall([{ title: 'A', stages: [stage('connect', 0, 0)] }])[1]).toContain('▏');
});
