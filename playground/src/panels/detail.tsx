import type { ConnectionSnapshot } from 'linkscope';
import { bytes, count, duration, percent, timeOfDay } from '../model/format.js';
import type { Model } from '../model/model.js';
import { timelineOf, toneOf } from '../model/selectors.js';
import { PluginTable, StageList } from './detail-tables.js';
import { TalkForm } from './talk-form.js';

/** One connection: what it is, how it went, why it ended. */
export function Detail({ model }: { model: Model }) {
	const connection = model.selected.value;
	if (model.selectedId.value === null) return null;
	const close = (): void => {
		model.selectedId.value = null;
	};
	return (
		<section class="panel detail" aria-label="Selected connection">
			<div class="toolbar">
				<h2>{model.selectedId.value}</h2>
				<span class="grow" />
				<button type="button" class="button quiet" aria-label="Close detail" onClick={close}>
					✕
				</button>
			</div>
			{connection ? (
				<Body connection={connection} model={model} />
			) : (
				<p class="empty">This connection is no longer listed: only the last 200 ended ones are kept.</p>
			)}
		</section>
	);
}

function Body({ connection, model }: { connection: ConnectionSnapshot; model: Model }) {
	const { id, url, label, role, purpose, currentState, stages, plugins } = connection;
	return (
		<div class="detail-body">
			<p class="detail-url">{url}</p>
			<p class="chips">
				<span class={`chip ${toneOf(connection)}`}>{currentState}</span>
				<span class="chip">{role}</span>
				{purpose !== 'unknown' && <span class="chip">{purpose}</span>}
				{label && <span class="chip">{label}</span>}
			</p>
			<Ending connection={connection} />
			{model.sockets.has(id) && <TalkForm key={id} id={id} sockets={model.sockets} />}
			<Facts connection={connection} />
			<h3>Stages</h3>
			<StageList stages={stages} />
			<h3>Plugins, wire side first</h3>
			<PluginTable plugins={plugins} />
			<h3>Timeline</h3>
			<Timeline model={model} id={id} />
		</div>
	);
}

function Ending({ connection: { close, state } }: { connection: ConnectionSnapshot }) {
	if (!close) return null;
	return (
		<div class={close.wasClean && state !== 'FAILED' ? 'ending' : 'ending bad'}>
			<strong>{close.verdict.word}</strong>
			<span>
				{close.code}
				{close.reason ? ` “${close.reason}”` : ''}, by {close.initiatedBy}
			</span>
			<small>
				read from {close.verdict.evidence}, {percent(close.verdict.confidence)} sure
			</small>
		</div>
	);
}

function Facts({ connection }: { connection: ConnectionSnapshot }) {
	const { createdAt, setupMs, timeToFirstMessageMs, latencyPercentiles, messagesSent, messagesReceived, bytesSent, bytesReceived, bufferedBytes, peer } =
		connection;
	const facts: [string, string][] = [
		['Created', timeOfDay(createdAt)],
		['Setup', duration(setupMs)],
		['First message', duration(timeToFirstMessageMs)],
		['Latency', latencyPercentiles ? `p50 ${duration(latencyPercentiles.p50)}, p95 ${duration(latencyPercentiles.p95)}` : '–'],
		['Sent', `${count(messagesSent, 'message')}, ${bytes(bytesSent)}`],
		['Received', `${count(messagesReceived, 'message')}, ${bytes(bytesReceived)}`],
		['Buffered', bytes(bufferedBytes)],
		['Peer', peer ?? '–'],
	];
	return (
		<dl class="facts">
			{facts.map(([name, value]) => (
				<div key={name}>
					<dt>{name}</dt>
					<dd>{value}</dd>
				</div>
			))}
		</dl>
	);
}

function Timeline({ model, id }: { model: Model; id: string }) {
	const events = timelineOf(model.stats.value, id);
	if (events.length === 0) return <p class="empty">Nothing kept of it.</p>;
	return (
		<ol class="timeline">
			{events.map(({ timestamp, event, detail }, index) => (
				<li key={`${timestamp}${index}`}>
					<time>{timeOfDay(timestamp)}</time>
					<span>
						<strong>{event}</strong> {detail}
					</span>
				</li>
			))}
		</ol>
	);
}
