import { type ClosedEvent, type ConnectionState, type CreatedEvent, type ErrorEvent, isEnded, type ProbeEvent, type StageName } from '@linkscope/core';
import { errorOf } from './errors.js';
import { History } from './history.js';
import { NavigationSteps } from './navigation-steps.js';
import { foldNote, foldTags } from './notes.js';
import { PluginTotals } from './plugin-totals.js';
import type { Reading } from './reading.js';
import { ConnectionRecord } from './record.js';
import { Ring } from './ring.js';
import { finite, Samples } from './samples.js';
import { withoutSecrets } from './secrets.js';
import type { Settings } from './settings.js';
import { BUDGETS, StageTimes, stageOf } from './stages.js';
import { clean, cut, redactUrl } from './text.js';
import { Timeline } from './timeline.js';
import { TRAFFIC, Transports } from './transports.js';
import type { InstrumentedError } from './types.js';
import { closeVerdict } from './verdict.js';

const MAX_STAGES = 12;
const MAX_UNTOLD = 64;
/** A sleep noticed this long before an end explains it. */
const SUSPENSION_EXPLAINS_MS = 60_000;

/**
 * Everything that is known, as a fold over probe events: a recorded array of them gives the same again.
 * It reads no clock and sets no timer. Every list is bounded by `settings.limits`.
 */
export class Registry {
	readonly live = new Map<string, ConnectionRecord>();
	readonly ended = new Ring<ConnectionRecord>();
	readonly transports = new Transports();
	readonly plugins = new PluginTotals();
	readonly stages = new StageTimes();
	readonly errors = new Ring<InstrumentedError>();
	readonly history: History;
	readonly steps: NavigationSteps;
	totalErrors = 0;
	/** Connections count up, so that those open and those ended can be listed in one order. */
	lastOrder = 0;
	untracked = 0;
	/** Events that could not be folded. */
	faults = 0;
	/** Round trips of all connections. */
	readonly latency = new Samples(512);
	/** Set while payloads are lent: then messages are told from there. */
	tapped = false;
	/** False while a plugin said so. */
	online = true;
	/** What is not told yet of sockets the patch has just seen: a connection that claims one at once tells for both. */
	readonly #untold = new Map<string, (() => void)[]>();
	/** Of the message before; forgotten at every other event, which may end it. */
	#lastSeen: ConnectionRecord | undefined;

	constructor(
		public settings: Settings,
		readonly startedAt: number,
		readonly startedEpoch: number,
		readonly timeline = new Timeline(settings),
	) {
		this.history = new History(this);
		this.steps = new NavigationSteps(this);
	}

	fold(event: ProbeEvent, stack?: string): void {
		// Nearly all events are messages: a few field updates and nothing else.
		if (event.type === 'sent' || event.type === 'received') {
			const record = this.#recordOfMessage(event.id);
			if (record === undefined) return;
			const { counts } = record.totals;
			const wireBytes = finite(event.wireBytes);
			if (event.type === 'sent') {
				record.messagesSent++;
				record.bytesSent += event.bytes;
				record.wireBytesSent += wireBytes;
				counts.messagesSent++;
				counts.bytesSent += event.bytes;
				counts.wireBytesSent += wireBytes;
			} else {
				record.messagesReceived++;
				record.bytesReceived += event.bytes;
				record.wireBytesReceived += wireBytes;
				counts.messagesReceived++;
				counts.bytesReceived += event.bytes;
				counts.wireBytesReceived += wireBytes;
			}
			this.#message(record, event.at, event.bufferedBytes);
			if (this.timeline.watched && !this.tapped) this.#tellMessage(record, event.type, event.at, event.bytes);
			return;
		}
		this.#lastSeen = undefined;
		if (event.type === 'created') this.#created(event, stack);
		else this.#rare(event);
	}

	/** Tells of all sockets that wait to be claimed. */
	announceAll(): void {
		for (const id of [...this.#untold.keys()]) this.announce(id);
	}

	/** Tells of a socket that nobody claimed in the turn in which it was seen. */
	announce(id: string): void {
		const untold = this.#untold.get(id) ?? [];
		this.#untold.delete(id);
		for (const tell of untold) tell();
	}

	/** A message as a payload mode shows it. @param show is called only where someone watches. */
	payload(id: string, direction: 'sent' | 'received', at: number, show: () => string): void {
		const record = this.live.get(id);
		if (record && this.tapped && this.timeline.watched) this.#tellMessage(record, direction, at, show());
	}

	/** All that is counted, at a moment of the clock. */
	read(at: number): Reading {
		const { totalErrors: errors, latency } = this;
		return { at, errors, latencySum: latency.sum, latencyCount: latency.count, ...this.transports.sum() };
	}

	/** Epoch milliseconds of a time of the clock. */
	epochOf(at: number): number {
		return this.startedEpoch + at - this.startedAt;
	}

	/** Open ones and the last ended ones, oldest first. */
	records(): ConnectionRecord[] {
		return [...this.ended.items, ...this.live.values()].sort((a, b) => a.order - b.order);
	}

	/** Messages come in runs, and a lookup by a text costs more than the rest of the fold. */
	#recordOfMessage(id: string): ConnectionRecord | undefined {
		if (this.#lastSeen?.id !== id) this.#lastSeen = this.live.get(id);
		return this.#lastSeen;
	}

	#tellMessage(record: ConnectionRecord, direction: 'sent' | 'received', at: number, about: number | string): void {
		this.announce(record.id);
		this.timeline.watchers?.message(record, direction, at, about);
	}

	#message(record: ConnectionRecord, at: number, bufferedBytes: number): void {
		if (Number.isNaN(record.firstMessageAt)) record.firstMessageAt = at;
		const silence = at - record.lastMessageAt;
		if (silence > record.longestSilenceMs) record.longestSilenceMs = silence;
		record.lastMessageAt = at;
		record.bufferedBytes = bufferedBytes;
		if (bufferedBytes > record.maxBufferedBytes) record.maxBufferedBytes = bufferedBytes;
	}

	#rare(event: ProbeEvent): void {
		if (event.type === 'claimed') this.#claimed(event.id, event.socketId);
		const record = this.live.get(event.id);
		if (event.type === 'error') {
			const failed = record ?? this.ended.items.find((one) => one.id === event.id);
			// One that is excluded leaves no trace; and without a record nobody knows whether it is.
			if (failed) this.#failed(failed, event);
			return;
		}
		if (record === undefined) return;
		switch (event.type) {
			case 'wire': {
				const { counts } = record.totals;
				const bytesOut = finite(event.bytesOut);
				const bytesIn = finite(event.bytesIn);
				record.wireBytesSent += bytesOut;
				record.wireBytesReceived += bytesIn;
				counts.wireBytesSent += bytesOut;
				counts.wireBytesReceived += bytesIn;
				break;
			}
			case 'state':
				// A connection introduces itself anew to each later probe.
				if (record.state !== event.to) this.#enter(record, event.to, event.at, event.frames);
				break;
			case 'plugin': {
				const name = clean(event.name, 40);
				const known = record.plugins?.find((plugin) => plugin.name === name);
				if (event.action === 'added' && known?.counters === event.counters) break;
				const others = record.plugins?.filter((plugin) => plugin !== known) ?? [];
				if (known && event.action === 'removed') this.plugins.add(known);
				const added = event.action === 'added' ? [{ name, counters: event.counters, before: null, note: null }] : [];
				record.plugins = others.slice(0, event.position).concat(added, others.slice(event.position));
				this.tell(record, event.action, event.at, name, 'plugin');
				break;
			}
			case 'note':
				foldNote(this, record, event.note, event.at);
				break;
			case 'closed':
				this.#closed(record, event);
		}
	}

	#closed(record: ConnectionRecord, event: ClosedEvent): void {
		const { at, id, wasClean, initiatedBy, errorCode } = event;
		const code = finite(event.code);
		if (!isEnded(record.state)) this.#enter(record, isEnded(event.state) ? event.state : 'CLOSED', at, 0);
		const wasActive = !Number.isNaN(record.activeAt);
		const suspended = at - record.suspendedAt <= SUSPENSION_EXPLAINS_MS;
		const last = this.errors.items.at(-1);
		const error = last?.connectionId === id ? last.error : '';
		const verdict = closeVerdict(event, { wasActive, suspended, error, online: this.online });
		const reason = this.clean(event.reason);
		this.announce(id);
		const said = `${code}${reason && ` ${reason}`}`;
		record.close = { code, reason, wasClean, initiatedBy, verdict };
		if (record.state === 'FAILED' && record.errors === 0 && verdict.word !== 'normal')
			this.#failed(record, { at, kind: 'connection', code: errorCode, message: `${verdict.word}: closed with ${said}` });
		this.#end(record, at, wasActive);
		this.tell(record, 'closed', at, said);
	}

	#created(event: CreatedEvent, stack: string | undefined): void {
		const { settings } = this;
		if (this.live.has(event.id) || !settings.observes(event.remote) || !settings.samples(event.id)) return;
		const totals = this.transports.of(clean(event.transport, 40));
		if (this.live.size >= settings.limits.live) {
			this.#wait(event);
			this.#later(event.id, () => {
				totals.counts.connections++;
				this.untracked++;
			});
			return;
		}
		totals.counts.connections++;
		const record = new ConnectionRecord(event, this.lastOrder++, totals);
		// Known before an application's own `redact` is asked, which may reset.
		this.live.set(event.id, record);
		record.url = clean(redactUrl(settings.rewrite(event.remote)));
		if (event.from) record.from = clean(event.from, 60);
		if (stack) record.stack = cut(stack, 2000);
		foldTags(record, event.label, event.tags);
		this.#wait(event);
		this.tell(record, 'created', event.at);
	}

	/** Whoever dialled the socket may claim it before the turn ends. */
	#wait({ id, role }: CreatedEvent): void {
		if (role !== 'observed') return;
		// A replay has no turns to end.
		if (this.#untold.size >= MAX_UNTOLD) this.announceAll();
		this.#untold.set(id, []);
	}

	/** One socket, one record: what the patch saw of it so far belongs to the connection that claims it. */
	#claimed(id: string, socketId: string): void {
		if (id === socketId) return;
		const socket = this.live.get(socketId);
		this.live.delete(socketId);
		const isTold = !this.#untold.delete(socketId);
		if (socket === undefined) return;
		const from = socket.totals.counts;
		from.connections--;
		if (!Number.isNaN(socket.activeAt)) from.opened--;
		const owner = this.live.get(id);
		const toRelay = owner?.transport === 'relay';
		for (const count of TRAFFIC) {
			if (owner && !toRelay) {
				owner[count] += socket[count];
				owner.totals.counts[count] += socket[count];
				// The talk with a relay is no traffic of the application, but no total that was told falls. Its bytes on the wire the connection tells itself.
			} else if (isTold && !(toRelay && count.startsWith('wire'))) continue;
			from[count] -= socket[count];
		}
		if (owner === undefined) return;
		owner.errors += socket.errors;
		owner.stack ??= socket.stack;
	}

	#enter(record: ConnectionRecord, to: ConnectionState, at: number, frames: number): void {
		const from = record.state;
		const stage = stageOf[from];
		const ended = isEnded(to);
		const outcome = to === 'FAILED' ? 'failed' : ended || to === 'CLOSING' ? 'aborted' : 'ok';
		if (stage) this.stage(record, stage, record.stateAt, at - record.stateAt, frames, outcome);
		if (to === 'CONNECTING') record.connectingAt = at;
		if (to === 'CONNECTED') record.connectedAt = at;
		if (to === 'ACTIVE') {
			record.activeAt = record.lastMessageAt = at;
			if (Number.isNaN(record.connectedAt)) record.connectedAt = at;
			record.totals.counts.opened++;
		}
		// A socket the patch saw has one stage; it would only say the same twice.
		if (record.role !== 'observed' && (to === 'ACTIVE' || (ended && Number.isNaN(record.activeAt))) && !Number.isNaN(record.connectingAt)) {
			const stages = record.stages ?? [];
			// What came before the dial, of an invite, is part of the whole.
			const from = Math.min(record.connectingAt, ...stages.map(({ offsetMs }) => record.startAt + offsetMs));
			const messages = stages.reduce((sum, one) => sum + one.messages, 0);
			this.stage(record, 'total', from, at - from, messages, outcome);
		}
		record.state = to;
		record.stateAt = at;
		if (to === 'ACTIVE') this.tell(record, 'connected', at);
		else this.tell(record, 'state', at, `${from} → ${to}`);
	}

	/** A stage of a connection has ended. */
	stage(record: ConnectionRecord, name: StageName, startedAt: number, durationMs: number, messages: number, outcome: 'ok' | 'failed' | 'aborted'): void {
		if (!Object.hasOwn(BUDGETS, name)) return;
		const duration = Math.max(finite(durationMs), 0);
		const stages = record.stages ?? [];
		const stage = { name, offsetMs: finite(startedAt - record.startAt), durationMs: duration, messages: finite(messages), outcome };
		// In the order in which they began: those before the dial are told when it is clear whose they were.
		const place = name === 'total' ? stages.length : stages.filter(({ offsetMs }) => offsetMs <= stage.offsetMs).length;
		if (stages.length < MAX_STAGES) record.stages = stages.slice(0, place).concat(stage, stages.slice(place));
		if (outcome === 'ok') this.#later(record.id, () => this.stages.add(name, duration));
	}

	#failed(record: ConnectionRecord, event: Pick<ErrorEvent, 'at' | 'kind' | 'code' | 'message'>): void {
		this.announce(record.id);
		const error = errorOf(record, event, this.clean(event.message));
		this.totalErrors++;
		record.errors++;
		this.errors.push(error, this.settings.limits.errors);
		this.tell(record, 'error', event.at, error.error);
	}

	#end(record: ConnectionRecord, at: number, wasActive: boolean): void {
		const { counts } = record.totals;
		record.endedAt = at;
		record.bufferedBytes = 0;
		if (record.state === 'FAILED') {
			counts.failures++;
			if (!wasActive) counts.refused++;
		} else counts.closed++;
		for (const plugin of record.plugins ?? []) this.plugins.add(plugin);
		this.live.delete(record.id);
		this.ended.push(record, this.settings.limits.closed);
	}

	/** Text of an error or a peer, fit to be shown. */
	clean(text: unknown, maxLength?: number): string {
		return clean(text, maxLength, (shown) => withoutSecrets(shown, this.settings.rewrite));
	}

	/** Adds to the timeline. */
	tell(record: ConnectionRecord, event: string, at: number, detail = '', category: 'lifecycle' | 'security' | 'plugin' | 'network' = 'lifecycle'): void {
		const time = record.epochOf(at);
		this.#later(record.id, () => this.timeline.add(category, record, event, detail, time));
	}

	/** At once, or when it is clear that nobody claims the socket. */
	#later(id: string, tell: () => void): void {
		const untold = this.#untold.get(id);
		if (untold) untold.push(tell);
		else tell();
	}
}
