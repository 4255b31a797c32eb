import { bytes, count, duration, percent } from '../model/format.js';
import type { Model } from '../model/model.js';
import { isConnecting, throughputOf } from '../model/selectors.js';
import { Plot } from './plot.js';

/** The whole page in a line of numbers, with its throughput over time. */
export function Figures({ model }: { model: Model }) {
	const { global, history, activeConnections } = model.stats.value;
	const connecting = activeConnections.filter(isConnecting).length;
	const { latency } = global;
	return (
		<section class="panel figures" aria-label="Overall">
			<dl class="figure-list">
				<Figure
					name="Connections"
					value={count(global.activeConnections - connecting)}
					note={`open of ${count(global.totalConnections)}${connecting > 0 ? `, ${count(connecting)} connecting` : ''}`}
				/>
				<Figure name="Messages" value={`${global.messagesPerSecond.toFixed(1)}/s`} note={`${count(global.totalMessages)} in all`} />
				<Figure name="Volume" value={bytes(global.totalBytes)} note={`${bytes(global.bytesSent)} ↑  ${bytes(global.bytesReceived)} ↓`} />
				<Figure name="Latency, mean" value={duration(global.averageLatency)} note={latency ? `p95 ${duration(latency.p95)}` : 'nothing measured it yet'} />
				<Figure name="Success" value={percent(global.successRate)} note={`${count(global.failedConnections)} failed`} />
				<Figure
					name="Errors"
					value={count(global.totalErrors)}
					note={global.totalErrors === 0 ? 'all quiet' : 'see Errors below'}
					tone={global.totalErrors > 0 ? 'bad' : undefined}
				/>
			</dl>
			<Plot title="Throughput" points={throughputOf(history.samples)} now={global.bytesPerSecond} format={(value) => `${bytes(value)}/s`} />
		</section>
	);
}

function Figure({ name, value, note, tone }: { name: string; value: string; note: string; tone?: string }) {
	return (
		<div class="figure">
			<dt>{name}</dt>
			<dd class={tone ? `figure-value ${tone}` : 'figure-value'}>{value}</dd>
			<dd class="figure-note">{note}</dd>
		</div>
	);
}
