import type { ConnectionSnapshot } from 'linkscope';
import { bytes, count, duration } from '../model/format.js';

/** Each stage as a share of its budget. */
export function StageList({ stages }: { stages: ConnectionSnapshot['stages'] }) {
	if (stages.length === 0) return <p class="empty">No stage has finished yet.</p>;
	return (
		<ul class="stages">
			{stages.map(({ name, durationMs, budgetMs, overBudget, outcome, startedAt }) => (
				<li key={name + startedAt} class={overBudget || outcome !== 'ok' ? 'bad' : ''}>
					<span>{name}</span>
					<span class="gauge" aria-hidden="true">
						<span class="gauge-fill" style={{ width: `${shareOf(durationMs, budgetMs)}%` }} />
					</span>
					<span class="numeric">
						{duration(durationMs)} <span class="faint">{budgetMs === null ? '' : `of ${duration(budgetMs)}`}</span>
						{outcome === 'ok' ? '' : ` ${outcome}`}
					</span>
				</li>
			))}
		</ul>
	);
}

function shareOf(durationMs: number, budgetMs: number | null): number {
	return budgetMs === null ? 100 : Math.min(100, (durationMs / budgetMs) * 100);
}

export function PluginTable({ plugins }: { plugins: ConnectionSnapshot['plugins'] }) {
	if (plugins.length === 0) return <p class="empty">None: a plain WebSocket, only observed.</p>;
	return (
		<table class="small-table">
			<thead>
				<tr>
					<th>Plugin</th>
					<th>Out</th>
					<th>In</th>
					<th>Time</th>
				</tr>
			</thead>
			<tbody>
				{plugins.map(({ name, messagesOut, bytesOut, messagesIn, bytesIn, nsPerMessage, note }) => (
					<tr key={name} title={note ?? undefined}>
						<th scope="row">{name}</th>
						<td>
							{count(messagesOut)} <span class="faint">{bytes(bytesOut)}</span>
						</td>
						<td>
							{count(messagesIn)} <span class="faint">{bytes(bytesIn)}</span>
						</td>
						<td>{nsPerMessage === null ? '–' : `${count(nsPerMessage)} ns`}</td>
					</tr>
				))}
			</tbody>
		</table>
	);
}
