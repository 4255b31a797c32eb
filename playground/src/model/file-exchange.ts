import { type ReadonlySignal, signal } from '@preact/signals';
import { type Connection, type IncomingFile, onFile, sendFile } from 'linkscope';

/** A file that was offered, by either side. */
export interface FileEntry {
	/** Counts up; tells entries apart. */
	readonly number: number;
	readonly direction: 'out' | 'in';
	readonly name: string;
	readonly size: number;
	/** offered: whoever shall have it has not decided yet. */
	readonly state: 'offered' | 'moving' | 'done' | 'ended';
	readonly bytes: number;
	/** Why it ended without arriving. */
	readonly trouble: string | null;
	/** Where a received file can be saved from. */
	readonly url: string | null;
}

export interface FileExchange {
	/** Oldest first, the last 20. */
	readonly files: ReadonlySignal<readonly FileEntry[]>;
	/** Resolves when it is over, however it ended: the entry says it. */
	send(file: File): Promise<void>;
	/** Only of one that was offered to this page. */
	accept(number: number): void;
	/** Refuses what was offered, stops what moves. */
	stop(number: number): void;
}

const MAX_FILES = 20;
/** A received file lies in the browser's memory, or where that keeps its blobs. */
const MAX_BYTES = 2 ** 30;

/** Files over a connection; null where it has no plugin for them. */
export function createFileExchange(connection: Connection, { send = sendFile, receive = onFile } = {}): FileExchange | null {
	if (!connection.plugins.includes('sync')) return null;
	const files = signal<readonly FileEntry[]>([]);
	const decisions = new Map<number, (isWanted: boolean) => void>();
	const running = new Map<number, AbortController>();
	let count = 0;

	function add(direction: FileEntry['direction'], name: string, size: number): number {
		const entry: FileEntry = { number: ++count, direction, name, size, state: 'offered', bytes: 0, trouble: null, url: null };
		const all = [...files.value, entry];
		for (const { number, url } of all.slice(0, -MAX_FILES)) {
			stop(number);
			if (url) URL.revokeObjectURL(url);
		}
		files.value = all.slice(-MAX_FILES);
		return entry.number;
	}
	function change(number: number, more: Partial<FileEntry>): void {
		files.value = files.value.map((entry) => (entry.number === number ? { ...entry, ...more } : entry));
	}
	function stop(number: number): void {
		decisions.get(number)?.(false);
		running.get(number)?.abort();
	}
	/** Runs until it is over; an error becomes the entry's trouble. */
	async function run(number: number, work: (signal: AbortSignal) => Promise<Partial<FileEntry>>): Promise<void> {
		const controller = new AbortController();
		running.set(number, controller);
		try {
			change(number, { state: 'done', ...(await work(controller.signal)) });
		} catch (error) {
			change(number, { state: 'ended', trouble: controller.signal.aborted ? 'stopped here' : troubleOf(error) });
		} finally {
			running.delete(number);
		}
	}

	async function offered(file: IncomingFile): Promise<void> {
		const number = add('in', file.name, file.size);
		const isWanted = await new Promise<boolean>((resolve) => {
			decisions.set(number, resolve);
			file.signal.addEventListener('abort', () => resolve(false), { once: true });
		});
		decisions.delete(number);
		if (!isWanted) return change(number, { state: 'ended', trouble: file.signal.aborted ? 'taken back' : 'refused' });
		change(number, { state: 'moving' });
		await run(number, async (signal) => {
			const { blob } = await file.accept({ signal, onProgress: ({ bytes }) => change(number, { bytes }) });
			return { bytes: file.size, url: blob ? URL.createObjectURL(blob) : null };
		});
	}
	receive(connection, offered, { maxBytes: MAX_BYTES });

	return {
		files,
		async send(file) {
			const number = add('out', file.name, file.size);
			await run(number, async (signal) => {
				await send(connection, file, { signal, onProgress: ({ bytes }) => change(number, { state: 'moving', bytes }) });
				return { bytes: file.size };
			});
		},
		accept: (number) => decisions.get(number)?.(true),
		stop,
	};
}

function troubleOf(error: unknown): string {
	const { code, message } = error as { code?: string; message: string };
	return code === 'FILE_REFUSED' ? 'refused by the other side' : message;
}
