import { Chain, type Slot } from './chain.js';
import { type Clock, systemClock } from './clock.js';
import { Emitter, type Subscribable, throwLater } from './emitter.js';
import { asError, CloseCode, ConnectionError, closeCodeFor, codeOf, HandshakeError, LinkscopeError, PluginError, TransportError } from './errors.js';
import { Handshake } from './handshake.js';
import { Inbound } from './inbound.js';
import { integerOption, numberOption } from './options.js';
import { Outbound } from './outbound.js';
import { byteLength, type Payload } from './payload.js';
import { type AbortSignal, platform, type ReadableStream, type WritableStream } from './platform.js';
import type { Plugin, SecureChannel } from './plugin.js';
import { type ErrorKind, hub, type LinkInfo, type Note, type ProbeEvent } from './probe.js';
import { type ConnectionState, canTransition, isEnded } from './state.js';
import { createReadable, createWritable } from './streams.js';
import { type CloseInfo, type Transport, type TransportSink, truncateCloseReason } from './transport.js';

/** What an application holds: a Connection, or a link that outlives many. */
export interface Channel {
	readonly onMessage: Subscribable<Payload>;
	readonly onState: Subscribable<ConnectionState>;
	send(payload: Payload): boolean;
	drained(): Promise<void>;
	messages(): AsyncIterable<Payload>;
	close(reason?: string): Promise<void>;
}

export interface ConnectionOptions {
	/** False for the side that was dialled. Default true. */
	initiator?: boolean;
	plugins?: readonly Plugin[];
	clock?: Clock;
	/** Shown in stats, report and log. */
	label?: string;
	/** Shown in stats; the report groups by them. */
	tags?: Readonly<Record<string, string>>;
	link?: LinkInfo;
	/** Dialling, until the transport is open. Default 10,000. */
	openTimeoutMs?: number;
	/** Each plugin's handshake. Default 10,000. */
	handshakeTimeoutMs?: number;
	/** close() ends within this bound, whatever the peer does. Default 5,000. */
	closeTimeoutMs?: number;
	/** Messages sent before ACTIVE. Default 1 MiB. */
	maxQueuedBytes?: number;
	/** Messages sent although send() returned false. Default 16 MiB. */
	maxBufferedBytes?: number;
	/** Received messages nobody has read. Default 4 MiB. */
	maxUnreadBytes?: number;
}

const MIB = 1024 * 1024;

/** Frames and bytes on the wire since they were last told to the probes. */
interface WireTally {
	frames: number;
	bytesOut: number;
	bytesIn: number;
}

/**
 * One connection over one transport, with a chain of plugins. Single use: reconnecting builds a new one.
 *
 * Lifecycle: INITIALIZING, CONNECTING, CONNECTED, the phases of its plugins, ACTIVE, CLOSING, then CLOSED or FAILED.
 * Messages sent before ACTIVE are queued; messages received while nobody listens are kept, both within bounds.
 */
export class Connection implements Channel {
	readonly id: string = hub.nextId();
	readonly onMessage: Subscribable<Payload>;
	readonly onState: Subscribable<ConnectionState>;
	readonly onClose: Subscribable<CloseInfo>;
	/** True for the side that dialled. */
	readonly initiator: boolean;
	private readonly clock: Clock;
	private readonly options: ConnectionOptions;
	private readonly chain: Chain;
	private readonly inbound: Inbound;
	private readonly outbound: Outbound;
	private readonly states: Emitter<ConnectionState>;
	private readonly closes: Emitter<CloseInfo>;
	private readonly opening = new platform.AbortController();
	private readonly tally: WireTally = { frames: 0, bytesOut: 0, bytesIn: 0 };
	private readonly openTimeoutMs: number;
	private readonly handshakeTimeoutMs: number;
	private readonly closeTimeoutMs: number;
	private current: ConnectionState = 'INITIALIZING';
	private announced = false;
	private opened: Promise<void> | null = null;
	private closing: Promise<void> | null = null;
	private flushingQueue = false;
	private failure: Error | null = null;
	private end: CloseInfo | null = null;
	private secure: { channel: SecureChannel; from: Slot } | null = null;
	private socket: object | null = null;
	private streams: { readable?: ReadableStream<Payload>; writable?: WritableStream<Payload> } = {};

	constructor(
		private readonly transport: Transport,
		options: ConnectionOptions = {},
	) {
		this.options = options;
		this.clock = options.clock ?? systemClock;
		this.initiator = options.initiator ?? true;
		this.openTimeoutMs = numberOption('openTimeoutMs', options.openTimeoutMs, 10_000);
		this.handshakeTimeoutMs = numberOption('handshakeTimeoutMs', options.handshakeTimeoutMs, 10_000);
		this.closeTimeoutMs = numberOption('closeTimeoutMs', options.closeTimeoutMs, 5_000);
		this.outbound = new Outbound(
			integerOption('maxQueuedBytes', options.maxQueuedBytes, MIB),
			integerOption('maxBufferedBytes', options.maxBufferedBytes, 16 * MIB),
		);
		const listeners = (on: string) => ({
			onThrow: (error: unknown) => this.listenerThrew(error),
			onCount: (count: number) => this.listenerCount(on, count),
		});
		this.inbound = new Inbound({
			maxUnreadBytes: integerOption('maxUnreadBytes', options.maxUnreadBytes, 4 * MIB),
			pause: () => this.pauseTransport(),
			resume: () => this.transport.resume?.(),
			overflow: () =>
				this.fail(new ConnectionError('SLOW_READER', 'received messages were not read in time: read faster, or raise maxUnreadBytes'), 'application'),
			listenerThrew: (error) => this.listenerThrew(error),
			listenerCount: (count) => this.listenerCount('message', count),
		});
		this.onMessage = this.inbound.onMessage;
		this.onState = this.states = new Emitter(listeners('state'));
		this.onClose = this.closes = new Emitter(listeners('close'));
		this.chain = new Chain({
			toWire: (payload) => this.toWire(payload),
			toApplication: (payload) => this.toApplication(payload),
			fault: (plugin, error) => this.pluginFault(plugin, error),
		});
		this.chain.insert({ name: transport.kind }, 0);
		if (hub.active) this.announce();
		for (const plugin of options.plugins ?? []) this.addPlugin(plugin);
	}

	get state(): ConnectionState {
		return this.current;
	}

	/** How it ended; null while it lives. */
	get closeInfo(): CloseInfo | null {
		return this.end;
	}

	/** Names in the chain, wire side first; the transport's kind is the first. */
	get plugins(): readonly string[] {
		return this.chain.slots.map((slot) => slot.plugin.name);
	}

	/** Bytes accepted by send() that the transport has not taken yet. */
	get bufferedBytes(): number {
		return this.outbound.bufferedBytes + this.heldBytes();
	}

	/**
	 * Adds a plugin nearest the application, or beside an anchor: `after` means nearer the application, `before` nearer the wire.
	 * @throws PluginError PLUGIN_UNKNOWN_ANCHOR, PLUGIN_DUPLICATE, PLUGIN_TOO_LATE.
	 */
	addPlugin(plugin: Plugin, at: { before?: string; after?: string } = {}): this {
		if (this.current !== 'INITIALIZING' && plugin.observer !== true) {
			throw new PluginError('PLUGIN_TOO_LATE', `${plugin.name}: plugins are added before open(); only observers may join a connection that is ${this.current}`);
		}
		if (isEnded(this.current)) throw new PluginError('PLUGIN_TOO_LATE', `${plugin.name}: the connection is ${this.current}`);
		const names = this.plugins;
		if (names.includes(plugin.name)) throw new PluginError('PLUGIN_DUPLICATE', `a plugin named ${plugin.name} is there already: ${names.join(', ')}`);
		const anchor = at.before ?? at.after;
		if (at.before !== undefined && at.after !== undefined) throw new TypeError('addPlugin takes before or after, not both');
		let index = names.length;
		if (anchor !== undefined) {
			index = names.indexOf(anchor);
			if (index < 0) throw new PluginError('PLUGIN_UNKNOWN_ANCHOR', `no plugin named ${anchor} to put ${plugin.name} beside; there are: ${names.join(', ')}`);
			if (at.after !== undefined) index++;
			if (index === 0) throw new PluginError('PLUGIN_UNKNOWN_ANCHOR', `${plugin.name} cannot go before the transport (${anchor})`);
		}
		const slot = this.chain.insert(plugin, index);
		this.tellPlugin(slot, 'added');
		try {
			plugin.attach?.(this.hostFor(slot));
		} catch (error) {
			this.pluginFault(plugin, error);
		}
		if (this.current === 'ACTIVE') plugin.active?.();
		return this;
	}

	/** @throws PluginError PLUGIN_NOT_FOUND, PLUGIN_TOO_LATE. */
	removePlugin(name: string): void {
		const slot = this.slotOf(name);
		if (slot === this.chain.slots[0]) throw new PluginError('PLUGIN_NOT_FOUND', `${name} is the transport, not a plugin`);
		if (this.current !== 'INITIALIZING' && slot.plugin.observer !== true) {
			throw new PluginError('PLUGIN_TOO_LATE', `${name} cannot leave a connection that is ${this.current}: only observers may`);
		}
		this.chain.remove(slot);
		this.tellPlugin(slot, 'removed');
		slot.plugin.closed?.({ code: CloseCode.NORMAL, reason: 'plugin removed', wasClean: true, initiatedBy: 'local' });
	}

	/** @throws PluginError PLUGIN_NOT_FOUND. */
	plugin<P extends Plugin = Plugin>(name: string): P {
		return this.slotOf(name).plugin as P;
	}

	/** Label and tags for stats, report and log; a later call adds to an earlier one. */
	setTags(tags: Readonly<Record<string, string>>, label?: string): void {
		this.tell(() => ({ type: 'note', id: this.id, at: this.clock.now(), note: { kind: 'tags', tags, label } }));
	}

	/**
	 * Dials, runs the handshakes from the wire up, and resolves when ACTIVE. May be called once.
	 * @throws LinkscopeError what went wrong, with its code; the connection is then FAILED.
	 */
	open(signal?: AbortSignal): Promise<void> {
		if (this.opened)
			return Promise.reject(new ConnectionError('CONNECTION_REUSED', `a connection opens once and this one is ${this.current}: build a new one to reconnect`));
		if (isEnded(this.current)) return Promise.reject(this.closedError());
		this.opened = this.establish(signal);
		return this.opened;
	}

	/**
	 * Sends one message; before ACTIVE it is queued.
	 * @returns false: accepted, and `drained()` tells when to go on.
	 * @throws ConnectionError CONNECTION_CLOSED, SEND_QUEUE_FULL; TransportError MESSAGE_TOO_BIG. The message is then not sent, and nothing else is lost.
	 */
	send(payload: Payload): boolean {
		if (typeof payload !== 'string' && !(payload instanceof Uint8Array)) {
			throw new TypeError(`a message is a string or a Uint8Array, got ${payload === null ? 'null' : typeof payload}`);
		}
		if (this.current !== 'ACTIVE' || this.flushingQueue) {
			if (isEnded(this.current) || this.closing) throw this.closedError();
			this.outbound.enqueue(payload);
			return false;
		}
		return this.sendNow(payload);
	}

	/** Resolves when sending more is welcome. @throws ConnectionError CONNECTION_CLOSED when it ends before. */
	drained(): Promise<void> {
		if (isEnded(this.current)) return Promise.reject(this.closedError());
		if (this.current === 'ACTIVE' && !this.outbound.blocked && this.outbound.isEmpty) return Promise.resolve();
		return this.outbound.drained();
	}

	/** Received messages as they are read. Ends with the connection; throws where it FAILED. */
	messages(): AsyncIterable<Payload> & AsyncIterator<Payload> {
		return this.inbound.messages();
	}

	get readable(): ReadableStream<Payload> {
		this.streams.readable ??= createReadable(this);
		return this.streams.readable;
	}

	get writable(): WritableStream<Payload> {
		this.streams.writable ??= createWritable(this);
		return this.streams.writable;
	}

	/**
	 * Ends in good order, in every state: what send() accepted is flushed, the peer is told, and it takes at most `closeTimeoutMs`.
	 * A second call waits for the first. Never rejects.
	 */
	close(reason = 'Close called.'): Promise<void> {
		if (isEnded(this.current)) return Promise.resolve();
		this.closing ??= this.closeInOrder(truncateCloseReason(reason));
		return this.closing;
	}

	/** Ends at once: nothing is flushed, the peer is not waited for. CLOSED when it returns. */
	terminate(reason = 'Terminate called.'): void {
		if (isEnded(this.current)) return;
		this.finish({ code: CloseCode.ABNORMAL, reason: truncateCloseReason(reason), wasClean: false, initiatedBy: 'local' });
		this.transport.terminate();
	}

	private async establish(signal?: AbortSignal): Promise<void> {
		const abort = (): void => this.fail(new ConnectionError('CONNECTION_ABORTED', 'open() was aborted by its signal', { cause: signal?.reason }));
		if (signal?.aborted) abort();
		signal?.addEventListener('abort', abort, { once: true });
		try {
			if (isEnded(this.current)) throw this.closedError();
			this.setState('CONNECTING');
			for (const slot of this.chain.slots) slot.handshake = this.handshakeFor(slot);
			await this.openTransport();
			this.checkNeeds();
			this.setState('CONNECTED');
			for (const slot of this.chain.slots) await this.runHandshake(slot);
			this.activate();
		} catch (error) {
			this.fail(asError(error));
			throw this.failure ?? this.closedError();
		} finally {
			signal?.removeEventListener('abort', abort);
		}
	}

	private async openTransport(): Promise<void> {
		const { remote, kind } = this.transport;
		const { signal } = this.opening;
		let cancelTimer = (): void => {};
		const ended = new Promise<never>((_, reject) => {
			signal.addEventListener('abort', () => reject(this.failure ?? this.closedError()), { once: true });
			cancelTimer = this.clock.after(this.openTimeoutMs, () => {
				const error = new TransportError('OPEN_TIMEOUT', `${kind}: no connection to ${withoutSecrets(remote)} within ${this.openTimeoutMs} ms`);
				this.fail(error);
				reject(error);
			});
		});
		try {
			await Promise.race([this.transport.open(this.sink(), signal), ended]);
			if (isEnded(this.current) || this.current === 'CLOSING') throw this.closedError();
		} finally {
			cancelTimer();
		}
	}

	private checkNeeds(): void {
		const { features, kind } = this.transport;
		for (const { plugin } of this.chain.slots) {
			for (const need of ['ordered', 'reliable'] as const) {
				if (plugin.needs?.[need] && !features[need]) {
					throw new PluginError('PLUGIN_NEEDS', `${plugin.name} needs a transport that is ${need}, and ${kind} is not`);
				}
			}
		}
	}

	private async runHandshake(slot: Slot): Promise<void> {
		const { plugin, handshake } = slot;
		if (!handshake || !plugin.handshake) return;
		if (plugin.phase) this.setState(plugin.phase[0]);
		try {
			await handshake.run((wire) => (plugin.handshake as (wire: typeof handshake) => Promise<void>).call(plugin, wire as Handshake));
		} catch (error) {
			if (this.failure) throw this.failure;
			if (error instanceof LinkscopeError) throw error;
			throw new HandshakeError('HANDSHAKE_FAILED', `${plugin.name}: ${asError(error).message}`, { cause: error });
		}
		if (isEnded(this.current) || this.current === 'CLOSING') throw this.closedError();
		if (handshake.secure) this.secure = { channel: handshake.secure, from: slot };
		if (plugin.phase) this.setState(plugin.phase[1]);
		this.chain.replay(slot);
		if (this.inboundCrowded) this.resumeTransport();
	}

	private activate(): void {
		if (isEnded(this.current) || this.current === 'CLOSING') throw this.closedError();
		this.setState('ACTIVE');
		for (const { plugin } of this.chain.slots) plugin.active?.();
		this.inbound.release();
		this.flushingQueue = true;
		try {
			for (let payload = this.outbound.dequeue(); payload !== undefined; payload = this.outbound.dequeue()) this.sendNow(payload);
		} finally {
			this.flushingQueue = false;
		}
		if (!this.outbound.blocked) this.outbound.unblock();
	}

	private sendNow(payload: Payload): boolean {
		const bytes = hub.active ? byteLength(payload) : 0;
		if (this.outbound.blocked) this.outbound.addBacklog(payload, this.heldBytes());
		if (hub.tap) hub.tap(this.id, 'sent', payload);
		const accepted = this.chain.down(payload);
		if (this.failure) throw this.failure;
		if (hub.active) this.tellMessage('sent', bytes, 'bytesOut');
		if (!accepted) this.outbound.blocked = true;
		return accepted && !this.outbound.blocked;
	}

	private toWire(payload: Payload): boolean {
		if (isEnded(this.current)) return false;
		return this.transport.send(payload);
	}

	private toApplication(payload: Payload): void {
		if (isEnded(this.current)) return;
		if (hub.active) {
			this.tellMessage('received', byteLength(payload), 'bytesIn');
			if (hub.tap) hub.tap(this.id, 'received', payload);
		}
		this.inbound.deliver(payload);
	}

	private sink(): TransportSink {
		return {
			message: (payload) => {
				if (isEnded(this.current)) return;
				this.chain.up(payload);
				this.tellWire();
			},
			drained: () => this.onDrained(),
			wire: (bytesOut, bytesIn) => {
				this.tally.bytesOut += bytesOut;
				this.tally.bytesIn += bytesIn;
				this.tally.frames++;
			},
			claim: (socket) => this.claim(socket),
			closed: (info) => this.onTransportClosed(info),
		};
	}

	private onDrained(): void {
		for (const { plugin } of this.chain.slots) plugin.drained?.();
		if (this.current !== 'ACTIVE' && this.current !== 'CLOSING') return;
		this.outbound.unblock();
	}

	private onTransportClosed(info: CloseInfo): void {
		if (isEnded(this.current)) return;
		if (info.error && !info.wasClean) this.failure ??= info.error;
		this.finish(info);
	}

	private async closeInOrder(reason: string): Promise<void> {
		let expire = (): void => {};
		const bound = new Promise<'late'>((resolve) => {
			expire = this.clock.after(this.closeTimeoutMs, () => resolve('late'), { keepAlive: true });
		});
		const ended = new Promise<void>((resolve) => this.closes.once(() => resolve()));
		try {
			// What was sent while dialling is worth waiting for; a dial nobody used is not.
			if (this.opened && !this.outbound.isEmpty && this.current !== 'ACTIVE') await Promise.race([this.opened.catch(() => {}), bound]);
			if (isEnded(this.current)) return;
			if (this.current === 'INITIALIZING') {
				this.finish({ code: CloseCode.NORMAL, reason, wasClean: true, initiatedBy: 'local' });
				return;
			}
			const wasActive = this.current === 'ACTIVE';
			this.setState('CLOSING');
			if (wasActive) await Promise.race([this.flushPlugins(), bound]);
			if (isEnded(this.current)) return;
			this.abortHandshakes(this.closedError());
			this.opening.abort();
			this.transport.close(CloseCode.NORMAL, reason);
			if ((await Promise.race([ended, bound])) === 'late') this.terminate(reason);
		} finally {
			expire();
		}
	}

	private async flushPlugins(): Promise<void> {
		for (const { plugin } of [...this.chain.slots].reverse()) {
			try {
				await plugin.closing?.();
			} catch (error) {
				this.tellError(asError(error), 'plugin');
			}
		}
	}

	/** Ends as FAILED: the state at once, the peer is told in the background, within the close bound. */
	private fail(error: Error, kind: ErrorKind = kindOf(error)): void {
		if (isEnded(this.current)) return;
		this.failure ??= error;
		const code = closeCodeFor(error);
		const reason = truncateCloseReason(codeOf(error) ?? 'internal error');
		const dialled = this.current !== 'INITIALIZING';
		this.tellError(error, kind);
		this.finish({ code, reason, wasClean: false, initiatedBy: 'local', error });
		if (!dialled) return;
		try {
			this.transport.close(code, reason);
		} finally {
			// Idempotent by contract; a peer that answers the close makes this a no-op.
			this.clock.after(this.closeTimeoutMs, () => this.transport.terminate());
		}
	}

	private finish(info: CloseInfo): void {
		if (isEnded(this.current)) return;
		const failed = this.failure !== null || (!info.wasClean && info.initiatedBy !== 'local');
		if (failed && this.failure === null && this.current !== 'ACTIVE') this.failure = this.closedErrorFor(info);
		const from = this.current;
		this.end = info;
		this.current = failed ? 'FAILED' : 'CLOSED';
		const error = this.closedError();
		this.abortHandshakes(error);
		this.opening.abort(error);
		this.outbound.finish(error);
		this.tellState(from, this.current);
		this.tell(() => ({
			type: 'closed',
			id: this.id,
			at: this.clock.now(),
			state: this.current,
			code: info.code,
			reason: info.reason,
			wasClean: info.wasClean,
			initiatedBy: info.initiatedBy,
			errorCode: codeOf(info.error ?? this.failure),
		}));
		for (const { plugin } of this.chain.slots) {
			try {
				plugin.closed?.(info);
			} catch (thrown) {
				this.tellError(asError(thrown), 'plugin');
			}
		}
		this.inbound.finish(failed ? (this.failure ?? error) : null);
		this.states.emit(this.current);
		this.closes.emit(info);
	}

	private setState(to: ConnectionState): void {
		const from = this.current;
		if (!canTransition(from, to))
			throw new PluginError('PLUGIN_ORDER', `the lifecycle cannot go from ${from} to ${to}: check the order of the plugins (${this.plugins.join(', ')})`);
		this.current = to;
		this.tellState(from, to);
		this.states.emit(to);
	}

	private hostFor(slot: Slot) {
		return {
			connectionId: this.id,
			clock: this.clock,
			initiator: this.initiator,
			sendDown: (payload: Payload): boolean => {
				if (isEnded(this.current)) return false;
				const accepted = this.chain.downFrom(slot, payload);
				this.tellWire();
				if (!accepted) this.outbound.blocked = true;
				return accepted;
			},
			deliverUp: (payload: Payload): void => {
				if (!isEnded(this.current)) this.chain.upFrom(slot, payload);
			},
			note: (note: Note): void => this.tell(() => ({ type: 'note', id: this.id, at: this.clock.now(), note })),
			fail: (error: Error): void => this.fail(error),
		};
	}

	private handshakeFor(slot: Slot): Handshake | null {
		if (!slot.plugin.handshake) return null;
		return new Handshake({
			plugin: slot.plugin.name,
			initiator: this.initiator,
			clock: this.clock,
			timeoutMs: this.handshakeTimeoutMs,
			inheritedSecure: () => this.secure?.channel,
			sendDown: (payload) => {
				this.chain.downFrom(slot, payload);
				this.tellWire();
			},
			crowded: () => {
				this.inboundCrowded = this.pauseTransport();
			},
			fail: (error) => this.fail(error),
		});
	}

	private inboundCrowded = false;

	private pauseTransport(): boolean {
		if (!this.transport.pause) return false;
		this.transport.pause();
		return true;
	}

	private resumeTransport(): void {
		this.inboundCrowded = false;
		this.transport.resume?.();
	}

	private claim(socket: object): void {
		const entry = hub.sockets.get(socket);
		this.socket = socket;
		if (entry) entry.claimedBy = this.id;
		else hub.sockets.set(socket, { id: this.id, claimedBy: this.id });
		if (entry && entry.id !== this.id) this.tell(() => ({ type: 'claimed', id: this.id, at: this.clock.now(), socketId: entry.id }));
	}

	private abortHandshakes(error: Error): void {
		for (const { handshake } of this.chain.slots) handshake?.abort(error);
	}

	private slotOf(name: string): Slot {
		const slot = this.chain.slots.find((candidate) => candidate.plugin.name === name);
		if (!slot) throw new PluginError('PLUGIN_NOT_FOUND', `no plugin named ${name}; there are: ${this.plugins.join(', ')}`);
		return slot;
	}

	private heldBytes(): number {
		let held = 0;
		for (const { plugin } of this.chain.slots) held += plugin.heldBytes?.() ?? 0;
		return held;
	}

	private pluginFault(plugin: Plugin, thrown: unknown): void {
		const error =
			thrown instanceof LinkscopeError ? thrown : new PluginError('PLUGIN_FAILED', `${plugin.name} threw: ${asError(thrown).message}`, { cause: thrown });
		this.fail(error);
	}

	private listenerThrew(error: unknown): void {
		this.tellError(asError(error), 'application');
		throwLater(error);
	}

	private listenerCount(on: string, count: number): void {
		// Like Node's own warning: said when it begins and each time it doubles.
		if (count >= 16 && (count & (count - 1)) === 0)
			this.tell(() => ({ type: 'note', id: this.id, at: this.clock.now(), note: { kind: 'listeners', on, count } }));
	}

	private closedError(): Error {
		if (this.failure) return this.failure;
		return this.closedErrorFor(this.end);
	}

	private closedErrorFor(info: CloseInfo | null): Error {
		const how = info ? ` (${info.code}${info.reason ? ` ${JSON.stringify(info.reason)}` : ''}, by ${info.initiatedBy})` : '';
		return new ConnectionError('CONNECTION_CLOSED', `the connection is ${info ? this.current : 'CLOSING'}${how}`, { cause: info?.error });
	}

	private tell(event: () => ProbeEvent): void {
		if (!hub.active) return;
		if (!this.announced) this.announce();
		hub.emit(event());
	}

	private tellMessage(type: 'sent' | 'received', bytes: number, side: 'bytesOut' | 'bytesIn'): void {
		const wireBytes = this.tally[side];
		this.tally[side] = 0;
		if (!this.announced) this.announce();
		hub.emit({ type, id: this.id, at: this.clock.now(), bytes, wireBytes, bufferedBytes: this.outbound.bufferedBytes });
	}

	/** Wire bytes that no message accounted for: control frames, handshakes. */
	private tellWire(): void {
		const { bytesOut, bytesIn } = this.tally;
		if (bytesOut === 0 && bytesIn === 0) return;
		this.tally.bytesOut = 0;
		this.tally.bytesIn = 0;
		this.tell(() => ({ type: 'wire', id: this.id, at: this.clock.now(), bytesOut, bytesIn }));
	}

	private tellState(from: ConnectionState, to: ConnectionState): void {
		const frames = this.tally.frames;
		this.tally.frames = 0;
		this.tellWire();
		this.tell(() => ({ type: 'state', id: this.id, at: this.clock.now(), from, to, frames }));
	}

	private tellError(error: Error, kind: ErrorKind): void {
		this.tell(() => ({ type: 'error', id: this.id, at: this.clock.now(), kind, code: codeOf(error), message: error.message }));
	}

	private tellPlugin(slot: Slot, action: 'added' | 'removed'): void {
		this.tell(() => ({
			type: 'plugin',
			id: this.id,
			at: this.clock.now(),
			action,
			name: slot.plugin.name,
			position: this.chain.slots.indexOf(slot),
			counters: slot.counters,
		}));
	}

	/** A connection older than the instrumentation introduces itself at its first event. */
	private announce(): void {
		this.announced = true;
		const { label, tags, link } = this.options;
		hub.emit({
			type: 'created',
			id: this.id,
			at: this.clock.now(),
			epoch: this.clock.epoch(),
			role: this.initiator ? 'initiator' : 'acceptor',
			transport: this.transport.kind,
			remote: this.transport.remote,
			label,
			tags,
			link,
		});
		for (const slot of this.chain.slots) this.tellPlugin(slot, 'added');
		if (this.current !== 'INITIALIZING') hub.emit({ type: 'state', id: this.id, at: this.clock.now(), from: 'INITIALIZING', to: this.current, frames: 0 });
		if (this.socket) this.claim(this.socket);
	}
}

function kindOf(error: Error): ErrorKind {
	if (error instanceof PluginError) return 'plugin';
	if (error instanceof HandshakeError) return 'protocol';
	return 'connection';
}

/** Scheme, host and path of a URL for an error text; credentials, query and fragment stay out of it. */
function withoutSecrets(remote: string): string {
	return remote.replace(/\/\/[^/@]*@/, '//').replace(/[?#].*$/s, '');
}
