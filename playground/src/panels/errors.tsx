import { timeOfDay } from '../model/format.js';
import type { Model } from '../model/model.js';

export function Errors({ model }: { model: Model }) {
	const errors = model.stats.value.recentErrors;
	if (errors.length === 0) return <p class="empty">No errors. What goes wrong appears here, newest first.</p>;
	return (
		<ol class="errors">
			{errors.map(({ timestamp, severity, type, error, code, connectionId }, index) => (
				<li key={`${timestamp}${index}`}>
					<time>{timeOfDay(timestamp)}</time>
					<span class={severity === 'low' ? 'chip' : 'chip bad'}>{severity}</span>
					<span class="faint">{type}</span>
					{connectionId ? (
						<button type="button" class="link" onClick={() => model.show(connectionId)}>
							{connectionId}
						</button>
					) : (
						<span />
					)}
					<span class="log-text">
						{error}
						{code && <code> {code}</code>}
					</span>
				</li>
			))}
		</ol>
	);
}
