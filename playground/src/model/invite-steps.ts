import type { ConnectionSnapshot } from 'linkscope';
import type { Problem } from './problems.js';

export type StepName = 'validate' | 'discover' | 'connect' | 'auth' | 'encrypt' | 'pair' | 'active';
export type StepState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled' | 'skipped';

/** One of the seven steps of accepting an invite (seeds/004, expected invite processing flow). */
export interface Step {
	readonly name: StepName;
	readonly title: string;
	readonly state: StepState;
	/** Since the attempt began, the reading of the link counted in and the person's own time left out; null where it has not begun. */
	readonly startMs: number | null;
	readonly durationMs: number | null;
	readonly budgetMs: number | null;
	readonly isOverBudget: boolean;
	/** Frames over the wire; null where none are counted. */
	readonly messages: number | null;
	/** As many as the seed expects. */
	readonly expected: readonly [number, number] | null;
	/** A few words on what it does, or did. */
	readonly note: string;
}

/** One press of Accept. */
export interface Run {
	readonly outcome: 'running' | 'active' | 'failed' | 'cancelled';
	/** When Accept was pressed, epoch milliseconds. */
	readonly startedAt: number;
	/** The last look at it. */
	readonly now: number;
	/** What checking the link took when it was pasted. */
	readonly validateMs: number;
	readonly relays: number;
	/** Those dialled for this invite, as the registry shows them, oldest first. */
	readonly connections: readonly ConnectionSnapshot[];
	readonly problem: Problem | null;
}

interface Plan {
	readonly name: StepName;
	readonly title: string;
	readonly note: string;
	readonly budgetMs: number | null;
	readonly expected: readonly [number, number] | null;
}

/** Budgets and expected messages of seeds/004; the budget of the last is that of the whole. */
const PLANS: readonly Plan[] = [
	{ name: 'validate', title: 'Paste and validation', note: 'format, signature and expiry, before anything is dialled', budgetMs: null, expected: null },
	{ name: 'discover', title: 'Discovery', note: 'asks the relay where the inviter can be reached', budgetMs: null, expected: [3, 5] },
	{ name: 'connect', title: 'Connection', note: 'opens a socket to the inviter, directly or through the relay', budgetMs: 2000, expected: null },
	{ name: 'auth', title: 'Authentication', note: 'both sides prove who they are', budgetMs: 1000, expected: [4, 6] },
	{ name: 'encrypt', title: 'Encryption', note: 'agrees on a cipher; nobody in between reads on', budgetMs: 500, expected: [2, 4] },
	{ name: 'pair', title: 'Pairing', note: 'the invite is proved, and both trust each other', budgetMs: 3000, expected: [4, 8] },
	{ name: 'active', title: 'Active', note: 'added to the pool, ready for data', budgetMs: 7000, expected: null },
];

const ORDER: readonly StepName[] = PLANS.map(({ name }) => name);

/** The seven steps before anything is pasted, or when a link was read. */
export function plannedSteps(validated: { durationMs: number } | Problem | null): Step[] {
	return PLANS.map((plan) => {
		if (plan.name !== 'validate' || validated === null) return waiting(plan);
		return 'durationMs' in validated
			? { ...waiting(plan), state: 'done', startMs: 0, durationMs: validated.durationMs }
			: { ...waiting(plan), state: 'failed', note: validated.title };
	});
}

/** How far an attempt has come. */
export function stepsOf(run: Run): Step[] {
	const connection = furthestOf(run.connections);
	const current = currentStep(run, connection);
	let endMs = 0;
	return PLANS.map((plan) => {
		const step = { ...measured(plan, run, connection), ...placed(plan.name, current, run) };
		if (step.state === 'running') return running(step, run, readAheadMs(run, connection), endMs);
		if (step.state === 'done' && step.durationMs === null) return { ...step, state: 'skipped', note: 'it went without' };
		if (step.startMs !== null && step.durationMs !== null) endMs = Math.max(endMs, step.startMs + step.durationMs);
		return pipelined(step) ? { ...step, note: 'its first message went ahead, with the authentication' } : step;
	});
}

/** The one that became active, or came closest to it; of equals the last. */
export function furthestOf(connections: readonly ConnectionSnapshot[]): ConnectionSnapshot | null {
	const progress = ({ activeAt, stages }: ConnectionSnapshot): number => (activeAt ? ORDER.length : stages.filter(({ outcome }) => outcome === 'ok').length);
	return connections.reduce<ConnectionSnapshot | null>((best, one) => (best && progress(best) > progress(one) ? best : one), null);
}

/** What the axis of the waterfall has to hold, at least 1 ms. */
export function spanOf(steps: readonly Step[]): number {
	return Math.max(1, ...steps.map(({ startMs, durationMs }) => (startMs ?? 0) + (durationMs ?? 0)));
}

function waiting({ name, title, note, budgetMs, expected }: Plan): Step {
	return { name, title, note, budgetMs, expected, state: 'waiting', startMs: null, durationMs: null, isOverBudget: false, messages: null };
}

/** The step an attempt is in, or ended in; null where it is through, or ended before any. */
function currentStep(run: Run, connection: ConnectionSnapshot | null): StepName | null {
	if (run.outcome === 'active') return null;
	const first = run.relays > 0 ? 'discover' : 'connect';
	const step = run.problem?.step ?? null;
	// Without a connection of its own it was the relay that nobody could reach.
	if (connection === null) return run.outcome === 'failed' ? (step === 'connect' ? first : step) : first;
	if (step === 'discover') return step;
	const failed = connection.stages.find(({ name, outcome }) => name !== 'total' && outcome !== 'ok');
	if (failed && run.outcome !== 'running') return stepNamed(failed.name);
	const done = connection.stages.filter(({ outcome }) => outcome === 'ok').map(({ name }) => name as string);
	return ORDER.find((name) => ORDER.indexOf(name) >= ORDER.indexOf('connect') && !done.includes(name)) ?? null;
}

function stepNamed(stage: string): StepName | null {
	return ORDER.find((name) => name === stage) ?? null;
}

/** Not yet measured: from the end of what was before it until now. */
function running(step: Step, run: Run, aheadMs: number, endMs: number): Step {
	const startMs = step.startMs ?? endMs;
	const durationMs = Math.max(0, aheadMs + run.now - run.startedAt - startMs);
	return { ...step, startMs, durationMs, isOverBudget: step.budgetMs !== null && durationMs > step.budgetMs };
}

/** Messages are counted in the step in which they travel, and who dialled need not wait with the first of this one. */
function pipelined({ name, state, messages, expected }: Step): boolean {
	return name === 'encrypt' && state === 'done' && expected !== null && messages !== null && messages < expected[0];
}

/** What the instrumentation measured of a step. */
function measured(plan: Plan, run: Run, connection: ConnectionSnapshot | null): Step {
	const step = waiting(plan);
	const stage = connection?.stages.filter(({ name }) => name === (plan.name === 'active' ? 'total' : plan.name)).at(-1);
	// It was read when it was pasted, too.
	if (!stage && plan.name === 'validate') return { ...step, startMs: 0, durationMs: run.validateMs };
	if (!stage || (plan.name === 'active' && run.outcome !== 'active')) return step;
	// A relay that knows nothing, or is slow, holds nobody up who is reached without it.
	if (run.outcome === 'active' && stage.outcome !== 'ok') return step;
	return {
		...step,
		startMs: readAheadMs(run, connection) + Math.max(0, Date.parse(stage.startedAt) - run.startedAt),
		durationMs: stage.durationMs,
		budgetMs: stage.budgetMs,
		isOverBudget: stage.overBudget,
		messages: plan.expected && stage.messages,
	};
}

/** Where only the reading at its pasting was measured, that comes first on the axis. */
function readAheadMs(run: Run, connection: ConnectionSnapshot | null): number {
	return connection?.stages.some(({ name }) => name === 'validate') ? 0 : run.validateMs;
}

/** Whether a step lies behind the attempt, is where it stands, or ahead. */
function placed(name: StepName, current: StepName | null, run: Run): Partial<Step> & Pick<Step, 'state'> {
	if (name === 'discover' && run.relays === 0) return { state: 'skipped', note: 'this invite names no relay: its addresses are dialled directly' };
	if (name === 'validate' && current !== 'validate') return { state: 'done' };
	if (run.outcome === 'active') return { state: 'done' };
	if (current === null || ORDER.indexOf(name) > ORDER.indexOf(current)) return { state: 'waiting' };
	if (name !== current) return { state: 'done' };
	if (run.outcome === 'failed') return { state: 'failed', ...(run.problem && { note: run.problem.title }) };
	return { state: run.outcome };
}
