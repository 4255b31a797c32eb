import type { FileEntry, FileExchange } from '../model/file-exchange.js';
import { bytes, percent } from '../model/format.js';

/** Files that were offered over a connection, either way. */
export function Files({ exchange }: { exchange: FileExchange }) {
	return (
		<ul class="files" aria-label="Files">
			{exchange.files.value.map((entry) => (
				<li key={entry.number} class={entry.state}>
					<span class="file-name">
						<span class="faint">{entry.direction === 'out' ? '↑' : '↓'}</span> {entry.name}
					</span>
					<span class="faint numeric">{bytes(entry.size)}</span>
					<Standing entry={entry} />
					<Choices entry={entry} exchange={exchange} />
				</li>
			))}
		</ul>
	);
}

function Standing({ entry: { direction, state, bytes: moved, size, trouble, name } }: { entry: FileEntry }) {
	if (state === 'moving') {
		const share = size === 0 ? 1 : moved / size;
		return (
			<span class="file-progress">
				<progress max={1} value={share} aria-label={`${name}, ${direction === 'out' ? 'sent' : 'received'}`} /> {percent(share)}
			</span>
		);
	}
	if (state === 'offered') return <span class="faint">{direction === 'out' ? 'is being offered' : 'is offered to you'}</span>;
	return (
		<span class={state === 'done' ? 'file-done' : 'bad'}>{state === 'done' ? (direction === 'out' ? 'arrived, checked' : 'received, checked') : trouble}</span>
	);
}

function Choices({ entry: { number, direction, state, url, name }, exchange }: { entry: FileEntry; exchange: FileExchange }) {
	if (url) {
		return (
			<a class="button" href={url} download={name}>
				Save
			</a>
		);
	}
	if (state !== 'offered' && state !== 'moving') return null;
	const isMine = state === 'offered' && direction === 'in';
	return (
		<span class="invite-actions">
			{isMine && (
				<button type="button" class="button primary" onClick={() => exchange.accept(number)}>
					Receive
				</button>
			)}
			<button type="button" class="button" onClick={() => exchange.stop(number)}>
				{isMine ? 'Refuse' : 'Stop'}
			</button>
		</span>
	);
}
