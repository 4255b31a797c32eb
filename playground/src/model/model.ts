import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import {
	type Connection,
	type ConnectionEvent,
	type ConnectionInstrumentationStats,
	type ConnectionSnapshot,
	getConnectionInstrumentationReport,
	getConnectionInstrumentationStats,
	onConnectionEvent,
	type Unsubscribe,
} from 'linkscope';
import { createInviteFlow, type InviteFlow } from './invite-flow.js';
import { createOwnSockets, type OwnSockets } from './own-sockets.js';
import { type Filter, listConnections, type Tab, type View } from './selectors.js';
import { createWaitingFlow, type WaitingFlow } from './waiting.js';

/** Lines of the live log that are kept. */
export const MAX_LOG_LINES = 500;
/** The page looks often enough to feel live, and far less often than messages come. */
const REFRESH_MS = 500;

/** What the page knows. Panels read signals; only the functions here write them. */
export interface Model {
	readonly stats: ReadonlySignal<ConnectionInstrumentationStats>;
	/** Newest first. */
	readonly log: ReadonlySignal<readonly LogLine[]>;
	readonly view: Signal<View>;
	readonly selectedId: Signal<string | null>;
	readonly tab: Signal<Tab>;
	readonly filter: Signal<Filter>;
	readonly paused: Signal<boolean>;
	readonly showMessages: Signal<boolean>;
	readonly connections: ReadonlySignal<readonly ConnectionSnapshot[]>;
	readonly selected: ReadonlySignal<ConnectionSnapshot | null>;
	readonly sockets: OwnSockets;
	readonly invite: InviteFlow;
	readonly waiting: WaitingFlow;
	/** Shows a connection in the list. */
	show(id: string): void;
	report(): string;
	refresh(): void;
	stop(): void;
}

export interface LogLine extends ConnectionEvent {
	/** Counts up; tells lines apart. */
	readonly number: number;
}

/** Reads the registry of this page twice a second, and its events as they come. */
export function createModel(): Model {
	const stats = signal(getConnectionInstrumentationStats());
	const log = signal<readonly LogLine[]>([]);
	const view = signal<View>('connections');
	const selectedId = signal<string | null>(null);
	const tab = signal<Tab>('log');
	const filter = signal<Filter>({ text: '', state: 'all' });
	const paused = signal(false);
	const showMessages = signal(true);
	let arrived: LogLine[] = [];
	let lines = 0;

	const unwatch = onConnectionEvent((event) => {
		arrived.push({ ...event, number: ++lines });
		if (arrived.length > 2 * MAX_LOG_LINES) arrived = arrived.slice(-MAX_LOG_LINES);
	});
	function refresh(): void {
		batch(() => {
			stats.value = getConnectionInstrumentationStats();
			if (arrived.length > 0) log.value = [...arrived.reverse(), ...log.value].slice(0, MAX_LOG_LINES);
			arrived = [];
		});
	}
	const sockets = createOwnSockets();
	function connected(connection: Connection): void {
		sockets.add(connection);
		refresh();
	}
	const invite = createInviteFlow({ stats: getConnectionInstrumentationStats, connected });
	const waiting = createWaitingFlow({ page: new URL('./', location.href), connected });
	// Where others wait this page may wait as well, unless somebody has typed another address.
	const forgetRelays = effect(() => {
		const read = invite.reading.value;
		if (read.kind === 'invite' && waiting.relay.peek() === '') waiting.relay.value = read.invite.relays[0] ?? '';
	});
	const stopTimer = repeat(REFRESH_MS, () => {
		if (!paused.value) refresh();
	});
	return {
		stats,
		log,
		view,
		selectedId,
		tab,
		filter,
		paused,
		showMessages,
		connections: computed(() => listConnections(stats.value.connections, filter.value)),
		selected: computed(() => stats.value.connections.find(({ id }) => id === selectedId.value) ?? null),
		sockets,
		invite,
		waiting,
		show(id) {
			batch(() => {
				view.value = 'connections';
				selectedId.value = id;
			});
		},
		report: () => getConnectionInstrumentationReport().text,
		refresh,
		stop() {
			invite.cancel();
			void waiting.stop();
			forgetRelays();
			stopTimer();
			unwatch();
		},
	};
}

function repeat(ms: number, fn: () => void): Unsubscribe {
	const timer = setInterval(fn, ms);
	return () => clearInterval(timer);
}
