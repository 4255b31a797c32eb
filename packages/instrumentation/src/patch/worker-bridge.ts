import { type Clock, hub, type ProbeEvent, type Unsubscribe } from '@linkscope/core';

// A worker has a hub of its own. Its events travel to one page of its origin, which tells them on as its own, ids prefixed.
//   worker: hello -> page: welcome -> worker: events, events, …
// A page that comes later calls out, and workers without a page say hello again.

const CHANNEL = '@linkscope/instrumentation/workers@1';
/** Events wait this long to travel together. */
const BATCH_MS = 20;
const BATCH_EVENTS = 1000;
/** What a worker keeps until a page answers; more is dropped, and counted. */
const MAX_WAITING_EVENTS = 10_000;
/** A channel reaches every tab of the origin: a page that did not load the worker's script lets the one that did answer first. */
const STRANGER_WAITS_MS = 100;
/** Between the start of a worker and its script's entry in the page's timeline. */
const SAME_START_MS = 1000;

/** `origin`: the epoch at the clock's zero, which is when its realm started. */
type Message =
	| { type: 'call' }
	| { type: 'hello'; worker: string; script: string; origin: number }
	| { type: 'welcome'; worker: string; page: string }
	| { type: 'events'; worker: string; page: string; origin: number; dropped: number; events: ProbeEvent[] };

interface Realm {
	document?: unknown;
	location?: { href: string };
	performance: { getEntriesByName?(name: string): readonly { startTime: number }[] };
	WorkerGlobalScope?: unknown;
	BroadcastChannel?: new (name: string) => BroadcastChannel & { unref?(): void };
	navigator?: { locks?: { request(name: string, options: { signal?: AbortSignal }, held: () => unknown): Promise<unknown> } };
}
const realm = globalThis as unknown as Realm;

/** In a worker: sends its events to the page. In a page: takes them in. Elsewhere, and without BroadcastChannel: nothing. */
export function bridgeWorkers(clock: Clock): Unsubscribe {
	if (!realm.BroadcastChannel || !(realm.WorkerGlobalScope || realm.document)) return () => {};
	try {
		const channel = new realm.BroadcastChannel(CHANNEL);
		// Node's, under a DOM emulation, would keep the process alive.
		channel.unref?.();
		const id = Math.random().toString(36).slice(2, 8);
		const stop = realm.WorkerGlobalScope ? sendEvents(channel, `w${id}`, clock) : takeEvents(channel, `p${id}`, clock);
		return () => {
			stop();
			channel.close();
		};
	} catch {
		// An opaque origin (a sandboxed frame) has no channels.
		return () => {};
	}
}

function sendEvents(channel: BroadcastChannel, worker: string, clock: Clock): Unsubscribe {
	let page: string | null = null;
	let waiting: ProbeEvent[] = [];
	let dropped = 0;
	let cancel: Unsubscribe | null = null;
	const post = (message: Message) => channel.postMessage(message);
	const hello = () => post({ type: 'hello', worker, script: realm.location?.href ?? '', origin: originOf(clock) });

	function flush(): void {
		cancel?.();
		cancel = null;
		if (page === null || waiting.length === 0) return;
		const events = waiting;
		waiting = [];
		post({ type: 'events', worker, page, origin: originOf(clock), dropped, events });
		dropped = 0;
	}
	const unsubscribe = hub.subscribe((event) => {
		if (waiting.length >= MAX_WAITING_EVENTS) {
			dropped++;
			return;
		}
		waiting.push(event);
		if (waiting.length >= BATCH_EVENTS) flush();
		else cancel ??= clock.after(BATCH_MS, flush);
	});
	listen(channel, (data) => {
		if (data.type === 'call' && page === null) hello();
		if (data.type !== 'welcome' || data.worker !== worker || page !== null) return;
		page = data.page;
		flush();
	});
	// Held as long as the worker lives: whoever asks for it next learns of the end.
	const life = new AbortController();
	const held = () => new Promise<void>((resolve) => life.signal.addEventListener('abort', () => resolve()));
	realm.navigator?.locks?.request(CHANNEL + worker, {}, held).catch(() => {});
	hello();
	return () => {
		unsubscribe();
		flush();
		life.abort();
	};
}

function takeEvents(channel: BroadcastChannel, page: string, clock: Clock): Unsubscribe {
	const post = (message: Message) => channel.postMessage(message);
	const life = new AbortController();
	/** Open connections of each worker. */
	const open = new Map<string, Set<string>>();

	function tell(event: ProbeEvent, connections: Set<string>): void {
		if (event.type === 'created') connections.add(event.id);
		if (event.type === 'closed') connections.delete(event.id);
		hub.emit(event);
	}
	/** A worker that was terminated says nothing; its sockets went with it. */
	function workerEnded(connections: Set<string>): void {
		for (const id of connections) {
			const at = clock.now();
			hub.emit({ type: 'closed', id, at, state: 'FAILED', code: 1006, reason: 'the worker ended', wasClean: false, initiatedBy: 'local', errorCode: null });
		}
		connections.clear();
	}
	function connectionsOf(worker: string): Set<string> {
		const known = open.get(worker);
		if (known) return known;
		const connections = new Set<string>();
		open.set(worker, connections);
		realm.navigator?.locks
			?.request(CHANNEL + worker, { signal: life.signal }, () => {
				open.delete(worker);
				workerEnded(connections);
			})
			.catch(() => {});
		return connections;
	}
	listen(channel, (data) => {
		if (data.type === 'hello') {
			const welcome = () => life.signal.aborted || post({ type: 'welcome', worker: data.worker, page });
			if (loaded(data.script, data.origin, clock)) welcome();
			else clock.after(STRANGER_WAITS_MS, welcome);
		}
		if (data.type !== 'events' || data.page !== page) return;
		const { worker, origin, dropped, events } = data;
		const shift = origin - originOf(clock);
		const connections = connectionsOf(worker);
		for (const event of events) tell(asOurs(event, worker, shift), connections);
		const last = events.at(-1);
		if (!last || dropped === 0) return;
		const note = { kind: 'plugin', name: 'worker', text: `${dropped} events were dropped before a page took them` } as const;
		hub.emit({ type: 'note', id: `${worker}:${last.id}`, at: clock.now(), note });
	});
	post({ type: 'call' });
	return () => life.abort();
}

/** Whatever else of the origin posts on the channel is no message of ours, and nothing for the page to see. */
function listen(channel: BroadcastChannel, take: (message: Message) => void): void {
	channel.onmessage = ({ data }: MessageEvent<Message>) => {
		try {
			take(data);
		} catch {
			hub.faults++;
		}
	};
}

function originOf(clock: Clock): number {
	return clock.epoch() - clock.now();
}

/** Whether this page loaded a worker's script when that worker started. */
function loaded(script: string, startedAt: number, clock: Clock): boolean {
	const entries = realm.performance.getEntriesByName?.(script) ?? [];
	return entries.some(({ startTime }) => Math.abs(originOf(clock) + startTime - startedAt) < SAME_START_MS);
}

/** Ids of another realm cannot collide with ours behind the worker's name. */
function asOurs(event: ProbeEvent, worker: string, shift: number): ProbeEvent {
	const ours = { ...event, id: `${worker}:${event.id}`, at: event.at + shift };
	if (ours.type === 'claimed') ours.socketId = `${worker}:${ours.socketId}`;
	return ours;
}
