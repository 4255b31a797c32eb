import { type ReadonlySignal, signal } from '@preact/signals';
import { type Connection, NetworkPlugin, type Plugin, StatisticsPlugin, SyncPlugin } from 'linkscope';
import { createFileExchange, type FileExchange } from './file-exchange.js';
import { bytes } from './format.js';

const MAX_LINES = 200;
const MAX_LINE_CHARS = 2000;

export interface Line {
	/** Counts up; tells lines apart. */
	readonly number: number;
	readonly from: 'me' | 'peer' | 'page';
	readonly text: string;
}

/** A few texts and files over a connection, and what came back. */
export interface Conversation {
	readonly id: string;
	/** What the other end is called here. */
	readonly who: 'inviter' | 'guest';
	/** Of who is at the other end. */
	readonly peer: string;
	/** Oldest first, the last 200. */
	readonly lines: ReadonlySignal<readonly Line[]>;
	readonly isOpen: ReadonlySignal<boolean>;
	/** Null where the connection carries none. */
	readonly files: FileExchange | null;
	/** A refusal becomes a line too. */
	send(text: string): void;
	close(): void;
}

/** What a connection for a conversation wears: the default ones, and one that carries files. */
export function conversationPlugins(): Plugin[] {
	return [new StatisticsPlugin(), new NetworkPlugin(), new SyncPlugin()];
}

export function createConversation(connection: Connection, who: Conversation['who']): Conversation {
	const lines = signal<readonly Line[]>([]);
	const isOpen = signal(true);
	let count = 0;
	function add(from: Line['from'], text: string): void {
		const shown = text.length > MAX_LINE_CHARS ? `${text.slice(0, MAX_LINE_CHARS)}…` : text;
		lines.value = [...lines.value, { number: ++count, from, text: shown }].slice(-MAX_LINES);
	}
	connection.onMessage.on((message) => add('peer', typeof message === 'string' ? message : `${bytes(message.byteLength)} that are no text`));
	connection.onClose.on(({ code, reason, initiatedBy }) => {
		isOpen.value = false;
		const by = { local: 'this page', remote: `the ${who}`, network: 'the network' }[initiatedBy];
		add('page', `Ended by ${by}: ${code}${reason ? ` “${reason}”` : ''}`);
	});
	return {
		id: connection.id,
		who,
		peer: connection.peer?.fingerprint ?? '',
		lines,
		isOpen,
		files: createFileExchange(connection),
		send(text) {
			try {
				connection.send(text);
				add('me', text);
			} catch (error) {
				add('page', (error as Error).message);
			}
		},
		close: () => void connection.close('Close called.'),
	};
}
