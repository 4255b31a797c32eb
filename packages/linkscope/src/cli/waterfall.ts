import type { StageSnapshot } from '../index.js';
import { ms } from './durations.js';

/** One end of a connection. */
export interface WaterfallSide {
	title: string;
	stages: readonly StageSnapshot[];
}

/** How many messages seeds/004 expects. */
const EXPECTED: Readonly<Partial<Record<StageSnapshot['name'], readonly [number, number]>>> = {
	discover: [3, 5],
	auth: [4, 6],
	encrypt: [2, 4],
	pair: [4, 8],
	sync: [10, 50],
};

const BAR_COLUMNS = 42;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** The stages of both ends over one time, in 100 columns: what each took, beside what the seed expects. */
export function waterfall(sides: readonly WaterfallSide[]): string[] {
	const all = sides.flatMap(({ stages }) => stages);
	const begin = Math.min(...all.map(startOf));
	const length = Math.max(...all.map((stage) => startOf(stage) + stage.durationMs)) - begin;
	const columnsOf = (milliseconds: number): number => (length > 0 ? (milliseconds / length) * BAR_COLUMNS : 0);
	const rowOf = (stage: StageSnapshot): string =>
		row(stage.name, bar(columnsOf(startOf(stage) - begin), columnsOf(stage.durationMs)), ms(stage.durationMs), messages(stage), budget(stage), verdict(stage));
	return sides.flatMap(({ title, stages }) => [row(title, '', 'took', 'messages', 'budget', ''), ...totalLast(stages).map(rowOf), '']).slice(0, -1);
}

function totalLast(stages: readonly StageSnapshot[]): StageSnapshot[] {
	return [...stages].sort((a, b) => Number(a.name === 'total') - Number(b.name === 'total'));
}

/** Whether a stage was done as the seed expects it. */
function isWithin(stage: StageSnapshot): boolean {
	return stage.outcome === 'ok' && !stage.overBudget && stage.messages <= (EXPECTED[stage.name]?.[1] ?? Number.POSITIVE_INFINITY);
}

function row(name: string, shape: string, took: string, count: string, limit: string, verdict: string): string {
	return `  ${name.padEnd(9)} ${shape.padEnd(BAR_COLUMNS)} ${took.padStart(8)} ${count.padStart(12)} ${limit.padStart(7)}  ${verdict}`.trimEnd();
}

function bar(offset: number, width: number): string {
	const blanks = Math.min(Math.round(offset), BAR_COLUMNS - 1);
	const eighths = Math.max(Math.round(Math.min(width, BAR_COLUMNS - blanks) * 8), 1);
	return ' '.repeat(blanks) + '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
}

function messages({ name, messages: count }: StageSnapshot): string {
	const expected = EXPECTED[name];
	return expected ? `${count} of ${expected.join('-')}` : String(count);
}

function budget({ budgetMs }: StageSnapshot): string {
	return budgetMs === null ? '-' : ms(budgetMs).replace('.0 ', ' ');
}

function verdict(stage: StageSnapshot): string {
	if (stage.outcome !== 'ok') return stage.outcome;
	if (stage.overBudget) return 'over: time';
	if (!isWithin(stage)) return 'over: messages';
	return stage.budgetMs === null && EXPECTED[stage.name] === undefined ? '' : 'within';
}

function startOf({ startedAt }: StageSnapshot): number {
	return Date.parse(startedAt);
}
