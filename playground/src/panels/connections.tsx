// biome-ignore-all lint/a11y/useSemanticElements: a virtual list cannot be a table element, and its keys move by rows, not by cells.
// biome-ignore-all lint/a11y/useFocusableInteractive: a virtual list cannot be a table element, and its keys move by rows, not by cells.
// biome-ignore-all lint/a11y/useKeyWithClickEvents: a virtual list cannot be a table element, and its keys move by rows, not by cells.
import type { ConnectionSnapshot } from 'linkscope';
import { bytes, count, duration } from '../model/format.js';
import type { Model } from '../model/model.js';
import { type Filter, toneOf, verdictOf } from '../model/selectors.js';
import { VirtualList } from './virtual-list.js';

const ROW_HEIGHT = 44;
const STATES: readonly Filter['state'][] = ['all', 'open', 'ended'];

/** Every connection the registry still lists, newest first. */
export function Connections({ model }: { model: Model }) {
	const connections = model.connections.value;
	const selectedIndex = connections.findIndex(({ id }) => id === model.selectedId.value);
	const select = (id: string | undefined): void => {
		model.selectedId.value = id ?? null;
	};
	return (
		<>
			<FilterBar model={model} />
			<div class="table" role="grid" aria-label="Connections" aria-rowcount={connections.length + 1}>
				<div class="row head" role="row" aria-rowindex={1}>
					{['Connection', 'Purpose', 'Messages', 'Bytes', 'Latency', 'End'].map((name) => (
						<span role="columnheader" key={name}>
							{name}
						</span>
					))}
				</div>
				{connections.length === 0 ? (
					<p class="empty">{model.stats.value.totalConnections === 0 ? 'No connection yet. Open one above.' : 'No connection matches the filter.'}</p>
				) : (
					<VirtualList
						items={connections}
						rowHeight={ROW_HEIGHT}
						currentIndex={selectedIndex}
						onMove={(index) => select(connections[index]?.id)}
						render={(connection, index) => (
							<Row key={connection.id} connection={connection} index={index} isSelected={index === selectedIndex} onSelect={() => select(connection.id)} />
						)}
					/>
				)}
			</div>
		</>
	);
}

function FilterBar({ model }: { model: Model }) {
	const filter = model.filter.value;
	return (
		<div class="toolbar">
			<input
				type="search"
				class="input grow"
				placeholder="Filter by address, purpose or end"
				aria-label="Filter connections"
				value={filter.text}
				onInput={(event) => (model.filter.value = { ...filter, text: event.currentTarget.value })}
			/>
			<div class="segments" role="group" aria-label="State">
				{STATES.map((state) => (
					<button type="button" key={state} aria-pressed={filter.state === state} onClick={() => (model.filter.value = { ...filter, state })}>
						{state}
					</button>
				))}
			</div>
		</div>
	);
}

interface RowProps {
	connection: ConnectionSnapshot;
	index: number;
	isSelected: boolean;
	onSelect: () => void;
}

function Row({ connection, index, isSelected, onSelect }: RowProps) {
	const { id, url, label, state, purpose, messagesSent, messagesReceived, bytesSent, bytesReceived, latency } = connection;
	const verdict = verdictOf(connection);
	return (
		<div class="row" role="row" tabIndex={-1} aria-rowindex={index + 2} aria-selected={isSelected} onClick={onSelect}>
			<span role="gridcell" class="cell-name">
				<span class={`dot ${toneOf(connection)}`} title={state} />
				<span class="name">
					<span class="url">{url}</span>
					<span class="sub">
						{id} · {state.toLowerCase()}
						{label ? ` · ${label}` : ''}
					</span>
				</span>
			</span>
			<span role="gridcell">{purpose === 'unknown' ? <span class="faint">–</span> : <span class="chip">{purpose}</span>}</span>
			<span role="gridcell" class="numeric">
				{count(messagesSent)} <span class="faint">↑</span> {count(messagesReceived)} <span class="faint">↓</span>
			</span>
			<span role="gridcell" class="numeric">
				{bytes(bytesSent + bytesReceived)}
			</span>
			<span role="gridcell" class="numeric">
				{duration(latency)}
			</span>
			<span role="gridcell" class={`verdict ${toneOf(connection)}`}>
				{verdict}
			</span>
		</div>
	);
}
