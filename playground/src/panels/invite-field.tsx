import { useRef } from 'preact/hooks';
import type { InviteFlow } from '../model/invite-flow.js';
import { useKeptFocus } from './kept-focus.js';
import { ProblemCard } from './problem-card.js';

/** Takes a link; it leaves the page again as soon as it was read, because it holds a secret. */
export function InviteField({ flow }: { flow: InviteFlow }) {
	const read = flow.reading.value;
	const box = useRef<HTMLTextAreaElement>(null);
	useKeptFocus(box, read.kind);
	const isRefused = read.kind === 'refused';
	return (
		<>
			<h2>
				<label for="invite-link">Accept an invite</label>
			</h2>
			<p class="faint" id="invite-help">
				Paste the link you were given. It is checked here, in this page; nothing is dialled before you say so.
			</p>
			<textarea
				ref={box}
				id="invite-link"
				class="input mono invite-text"
				rows={4}
				placeholder="linkscope:invite#… or https://…#…"
				aria-describedby="invite-help"
				aria-invalid={isRefused && flow.text.value !== ''}
				autocomplete="off"
				autocapitalize="off"
				spellcheck={false}
				value={flow.text.value}
				onInput={(event) => flow.paste(event.currentTarget.value)}
			/>
			{isRefused && (
				<>
					<ProblemCard problem={read.problem} />
					<div class="invite-actions">
						<button type="button" class="button" onClick={flow.discard}>
							Clear
						</button>
					</div>
				</>
			)}
		</>
	);
}
