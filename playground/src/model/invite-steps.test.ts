import type { ConnectionSnapshot } from 'linkscope';
import { describe, expect, it } from 'vitest';
import { snapshots } from '../test-snapshots.js';
import { furthestOf, plannedSteps, type Run, type Step, spanOf, stepsOf } from './invite-steps.js';
import { problemOf } from './problems.js';

const START = Date.UTC(2026, 10, 21);

type Measured = [
	name: ConnectionSnapshot['stages'][number]['name'],
	afterMs: number,
	durationMs: number,
	messages: number,
	outcome?: 'ok' | 'failed' | 'aborted',
];

function connection(stages: Measured[], more: Partial<ConnectionSnapshot> = {}): ConnectionSnapshot {
	const budgets: Record<string, number> = { connect: 2000, auth: 1000, encrypt: 500, pair: 3000, total: 7000 };
	const measured = stages.map(([name, afterMs, durationMs, messages, outcome = 'ok']) => {
		const budgetMs = budgets[name] ?? null;
		const startedAt = new Date(START + afterMs).toISOString();
		return { name, startedAt, durationMs, messages, budgetMs, overBudget: budgetMs !== null && durationMs > budgetMs, outcome };
	});
	return snapshots(1, { stages: measured, ...more })[0] as ConnectionSnapshot;
}

const run = (more: Partial<Run>): Run => ({
	outcome: 'running',
	startedAt: START,
	now: START,
	validateMs: 5,
	relays: 0,
	connections: [],
	problem: null,
	...more,
});

const states = (steps: readonly Step[]): string => steps.map(({ name, state }) => `${name} ${state}`).join(', ');
const named = (steps: readonly Step[], wanted: Step['name']): Step => steps.find(({ name }) => name === wanted) as Step;

const through: Measured[] = [
	['connect', 2, 3, 0],
	['auth', 5, 10, 5],
	['encrypt', 15, 1, 1],
	['pair', 16, 4, 4],
	['total', 2, 18, 10],
];
const active = connection(through, { currentState: 'ACTIVE', activeAt: new Date(START + 20).toISOString() });

describe('the seven steps', () => {
	it('all wait before anything is pasted, with the budgets and messages that the seed expects', () => {
		const steps = plannedSteps(null);
		expect(steps.map(({ state }) => state)).toEqual(Array(7).fill('waiting'));
		expect(steps.map(({ name, budgetMs, expected }) => [name, budgetMs, expected])).toEqual([
			['validate', null, null],
			['discover', null, [3, 5]],
			['connect', 2000, null],
			['auth', 1000, [4, 6]],
			['encrypt', 500, [2, 4]],
			['pair', 3000, [4, 8]],
			['active', 7000, null],
		]);
	});

	it('begin with the link: valid, or why it is not', () => {
		expect(plannedSteps({ durationMs: 2 })[0]).toMatchObject({ state: 'done', durationMs: 2 });
		const problem = problemOf({ code: 'INVITE_EXPIRED', message: '' });
		expect(plannedSteps(problem)[0]).toMatchObject({ state: 'failed', note: 'This invite has expired' });
	});

	it('show an invite that worked, each step where it lay in time', () => {
		const steps = stepsOf(run({ outcome: 'active', connections: [active] }));
		expect(states(steps)).toBe('validate done, discover skipped, connect done, auth done, encrypt done, pair done, active done');
		expect(named(steps, 'auth')).toMatchObject({ startMs: 10, durationMs: 10, messages: 5, budgetMs: 1000, isOverBudget: false });
		expect(named(steps, 'active')).toMatchObject({ durationMs: 18, messages: null });
		expect(spanOf(steps)).toBe(25);
	});

	it('take the reading of the link from the instrumentation where that measured it, as part of the whole', () => {
		const whole = connection([['validate', 0, 1, 0], ...through.slice(0, 4), ['total', 0, 20, 10]], { activeAt: new Date(START + 20).toISOString() });
		const steps = stepsOf(run({ outcome: 'active', connections: [whole] }));
		expect(named(steps, 'validate')).toMatchObject({ startMs: 0, durationMs: 1, messages: null });
		expect(named(steps, 'auth').startMs).toBe(5);
		expect(spanOf(steps)).toBe(20);
	});

	it('say why fewer messages than expected were counted where one went ahead', () => {
		const steps = stepsOf(run({ outcome: 'active', connections: [active] }));
		expect(named(steps, 'encrypt').note).toContain('went ahead');
		expect(named(steps, 'pair').note).not.toContain('went ahead');
	});

	it('run in the step that follows those that are done, for as long as the rest has lasted', () => {
		const under = connection(through.slice(0, 2));
		const steps = stepsOf(run({ now: START + 900, connections: [under] }));
		expect(states(steps)).toBe('validate done, discover skipped, connect done, auth done, encrypt running, pair waiting, active waiting');
		// From 5 + 15 ms until 5 + 900 ms.
		expect(named(steps, 'encrypt')).toMatchObject({ startMs: 20, durationMs: 885, isOverBudget: true });
	});

	it('dial at once without a relay, and ask it first where the invite names one', () => {
		expect(states(stepsOf(run({})))).toContain('discover skipped, connect running');
		expect(states(stepsOf(run({ relays: 1 })))).toContain('discover running, connect waiting');
		const dialling = connection([['discover', 0, 4, 4]]);
		expect(states(stepsOf(run({ relays: 1, connections: [dialling] })))).toContain('discover done, connect running');
	});

	it('fail in the step that the instrumentation names, and what follows is not reached', () => {
		const refused = connection([...through.slice(0, 3), ['pair', 16, 4, 3, 'failed'], ['total', 2, 18, 9, 'failed']], { state: 'FAILED' });
		const problem = problemOf({ code: 'INVITE_REFUSED', message: 'refused' });
		const steps = stepsOf(run({ outcome: 'failed', connections: [refused], problem }));
		expect(states(steps)).toBe('validate done, discover skipped, connect done, auth done, encrypt done, pair failed, active waiting');
		expect(named(steps, 'pair')).toMatchObject({ messages: 3, note: 'The inviter refused this invite' });
		expect(named(steps, 'active').durationMs).toBeNull();
	});

	it('fail where the code says it when nothing was dialled', () => {
		const problem = problemOf({ code: 'NOT_REGISTERED', message: '' });
		expect(states(stepsOf(run({ relays: 1, outcome: 'failed', problem })))).toContain('discover failed, connect waiting');
		const unreachable = problemOf({ code: 'OPEN_FAILED', message: '' });
		expect(states(stepsOf(run({ relays: 1, outcome: 'failed', problem: unreachable })))).toContain('discover failed, connect waiting');
		const beside = connection([['connect', 0, 1, 0, 'failed']]);
		expect(states(stepsOf(run({ relays: 1, outcome: 'failed', problem, connections: [beside] })))).toContain('discover failed, connect waiting');
		const store = problemOf({ code: 'STORE_UNREADABLE', message: '' });
		expect(states(stepsOf(run({ outcome: 'failed', problem: store })))).toContain('validate done, discover skipped, connect waiting');
	});

	it('stop where they were cancelled', () => {
		const cut = connection([
			['connect', 2, 900, 0, 'aborted'],
			['total', 2, 900, 0, 'aborted'],
		]);
		expect(states(stepsOf(run({ outcome: 'cancelled', connections: [cut] })))).toContain('connect cancelled, auth waiting');
		expect(states(stepsOf(run({ outcome: 'cancelled' })))).toContain('connect cancelled, auth waiting');
	});

	it('skip what it went without: a relay that was asked and was slower, or did not know', () => {
		const skipped = { state: 'skipped', durationMs: null, note: 'it went without' };
		expect(named(stepsOf(run({ relays: 1, outcome: 'active', connections: [active] })), 'discover')).toMatchObject(skipped);
		for (const outcome of ['aborted', 'failed'] as const) {
			const direct = connection([['discover', 0, 2, 3, outcome], ...through], { activeAt: new Date(START + 20).toISOString() });
			expect(named(stepsOf(run({ relays: 1, outcome: 'active', connections: [direct] })), 'discover')).toMatchObject(skipped);
		}
	});
});

it('of several that were dialled the one that came furthest is shown, of equals the last', () => {
	const [dead, later] = [connection([['connect', 0, 1, 0, 'failed']]), connection([['connect', 1, 1, 0, 'failed']])];
	const met = connection(through.slice(0, 2));
	expect(furthestOf([])).toBeNull();
	expect(furthestOf([dead, later])).toBe(later);
	expect(furthestOf([dead, met, later])).toBe(met);
	expect(furthestOf([active, met, later])).toBe(active);
});
