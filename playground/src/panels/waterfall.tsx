import { count, duration } from '../model/format.js';
import { type Run, type Step, type StepState, spanOf } from '../model/invite-steps.js';
import type { Model } from '../model/model.js';
import { toneOf } from '../model/selectors.js';

const SIGNS: Partial<Record<StepState, string>> = { done: '✓', failed: '✕', cancelled: '–', skipped: '·' };
const WORDS: Record<StepState, string> = {
	waiting: 'not yet',
	running: 'running',
	done: 'done',
	failed: 'failed',
	cancelled: 'cancelled',
	skipped: 'skipped',
};

/** The seven steps of seeds/004, each with its time on one axis, against its budget. */
export function Waterfall({ model }: { model: Model }) {
	const { run, steps } = model.invite;
	const spanMs = spanOf(steps.value);
	return (
		<>
			<div class="steps-head">
				<h2>Seven steps</h2>
				<p role="status">{summaryOf(run.value, steps.value)}</p>
			</div>
			<ol class="steps">
				{steps.value.map((step, index) => (
					<StepRow key={step.name} step={step} number={index + 1} spanMs={spanMs} hasAxis={run.value !== null} />
				))}
			</ol>
			{run.value && <Tries run={run.value} model={model} />}
		</>
	);
}

function summaryOf(run: Run | null, steps: readonly Step[]): string {
	if (run === null) return steps[0]?.state === 'done' ? 'Valid. Nothing is dialled yet.' : '';
	if (run.outcome === 'active') {
		const total = steps.at(-1);
		return `Active after ${duration(total?.durationMs ?? null)}, ${count(
			steps.reduce((sum, { messages }) => sum + (messages ?? 0), 0),
			'message',
		)}.`;
	}
	if (run.outcome === 'cancelled') return 'Cancelled.';
	const at = steps.findIndex(({ state }) => state === 'running' || state === 'failed');
	const where = at < 0 ? 'before the first step' : `step ${at + 1} of ${steps.length}`;
	return run.outcome === 'failed' ? `Failed: ${where}.` : `Running: ${where}.`;
}

interface StepRowProps {
	step: Step;
	number: number;
	/** What the whole width stands for. */
	spanMs: number;
	hasAxis: boolean;
}

function StepRow({ step, number, spanMs, hasAxis }: StepRowProps) {
	const { title, state, note, startMs, durationMs, budgetMs, isOverBudget, messages, expected } = step;
	return (
		<li class={`step ${state}${isOverBudget ? ' late' : ''}`} aria-current={state === 'running' ? 'step' : undefined}>
			<span class="step-sign" aria-hidden="true">
				{SIGNS[state] ?? number}
			</span>
			<span class="step-name">
				<strong>
					{title} <span class="hidden">({WORDS[state]})</span>
				</strong>
				<small>{note}</small>
			</span>
			<span class="step-track" aria-hidden="true">
				{hasAxis && durationMs !== null && startMs !== null && state !== 'waiting' && (
					<span class="step-bar" style={{ left: `${(startMs / spanMs) * 100}%`, width: `${(durationMs / spanMs) * 100}%` }} />
				)}
			</span>
			<span class="step-time numeric">
				{durationMs !== null && state !== 'waiting' && <span>{duration(durationMs)}</span>}
				{budgetMs !== null && <small>{isOverBudget ? `over its ${duration(budgetMs)}` : `of ${duration(budgetMs)}`}</small>}
			</span>
			<span class="step-messages numeric">
				{messages !== null && <span>{count(messages, 'message')}</span>}
				{expected && state !== 'skipped' && (
					<small>
						{expected[0]} to {expected[1]} expected
					</small>
				)}
			</span>
		</li>
	);
}

/** Each connection that was dialled for the invite. */
function Tries({ run, model }: { run: Run; model: Model }) {
	if (run.connections.length === 0) return null;
	return (
		<ul class="tries" aria-label="Dialled for this invite">
			{run.connections.map((connection) => {
				const { id, url, transport, currentState, close } = connection;
				return (
					<li key={id}>
						<button type="button" class="link" onClick={() => model.show(id)}>
							{id}
						</button>
						<span class="mono tries-url">{url || transport}</span>
						<span class={`chip ${toneOf(connection)}`}>{close ? close.verdict.word : currentState.toLowerCase()}</span>
					</li>
				);
			})}
		</ul>
	);
}
