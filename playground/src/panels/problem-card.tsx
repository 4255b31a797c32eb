import type { Problem } from '../model/problems.js';

/** What went wrong, in the order in which a person asks: what, why, what now. */
export function ProblemCard({ problem: { title, sentence, advice, code } }: { problem: Problem }) {
	return (
		<div class="ending bad" role="alert">
			<strong>{title}</strong>
			<span>{advice}</span>
			<small>
				{code && <code>{code}</code>} {sentence}
			</small>
		</div>
	);
}
