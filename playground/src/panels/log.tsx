import { timeOfDay } from '../model/format.js';
import type { LogLine, Model } from '../model/model.js';

// Plain characters: emoji are missing from many machines' fonts.
const SIGNS: Record<string, string> = { created: '+', connected: '●', sent: '↑', received: '↓', closed: '×', error: '!', navigation: '→' };

/** Events as they come, newest first. */
export function Log({ model }: { model: Model }) {
	const lines = model.log.value.filter(({ category }) => model.showMessages.value || category !== 'message');
	return (
		<>
			<label class="check">
				<input type="checkbox" checked={model.showMessages.value} onChange={(event) => (model.showMessages.value = event.currentTarget.checked)} />
				Messages
			</label>
			{lines.length === 0 ? (
				<p class="empty">{model.paused.value ? 'Paused.' : 'Nothing has happened yet.'}</p>
			) : (
				<ol class="log">
					{lines.map((line) => (
						<Line key={line.number} line={line} onSelect={model.show} />
					))}
				</ol>
			)}
		</>
	);
}

function Line({ line, onSelect }: { line: LogLine; onSelect: (id: string) => void }) {
	const { time, category, event, connectionId, detail, url } = line;
	return (
		<li>
			<time>{timeOfDay(time)}</time>
			<span class={`log-sign ${event}`} aria-hidden="true">
				{SIGNS[event] ?? SIGNS[category] ?? '·'}
			</span>
			{connectionId ? (
				<button type="button" class="link" onClick={() => onSelect(connectionId)}>
					{connectionId}
				</button>
			) : (
				<span />
			)}
			<span class="log-event">{event}</span>
			<span class="log-text">{event === 'created' ? url : detail}</span>
		</li>
	);
}
