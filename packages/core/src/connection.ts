import { Chain, type Slot } from './chain.js';
import { closedBy, describeClose, kindOf, refusedBy } from './close-info.js';
import { type CheckedConnectionOptions, type ConnectionOptions, checkConnectionOptions } from './connection-options.js';
import { Emitter, type Subscribable, throwLater } from './emitter.js';
import { asError, CloseCode, ConnectionError, closeCodeFor, closeReasonFor, codeOf, LinkscopeError, PluginError, TransportError } from './errors.js';
import { checkNeeds, checkPhases, openTransport, phaseError, runHandshake } from './establish.js';
import { Handshake } from './handshake.js';
import { Inbound } from './inbound.js';
import { Outbound } from './outbound.js';
import { byteLength, type Payload } from './payload.js';
import { type AbortController, type AbortSignal, platform, type ReadableStream, type WritableStream } from './platform.js';
import type { Plugin, SecureChannel } from './plugin.js';
import { endPlugins, flushPlugins } from './plugin-endings.js';
import { type HostingConnection, SlotHost } from './plugin-host.js';
import { hub } from './probe.js';
import { Reporter } from './reporter.js';
import { type ConnectionState, canTransition, isEnded } from './state.js';
import { createReadable, createWritable } from './streams.js';
import { type CloseInfo, type Transport, type TransportSink, truncateCloseReason } from './transport.js';
import { Valve } from './valve.js';

/** What an application holds: a Connection, or a link that outlives many and has states of its own. */
export interface Channel<State extends string = ConnectionState> {
	readonly onMessage: Subscribable<Payload>;
	readonly onState: Subscribable<State>;
	send(payload: Payload): boolean;
	drained(): Promise<void>;
	messages(): AsyncIterable<Payload>;
	close(reason?: string): Promise<void>;
}

/** A plugin keeps the state of one connection, so an instance never serves two. */
const inUse = new WeakSet<Plugin>();

/** Bytes inside plugins (an asynchronous compression) from which send() asks for a pause. */
const HELD_HIGH_WATER_BYTES = 256 * 1024;

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
	readonly #options: CheckedConnectionOptions;
	readonly #chain: Chain;
	readonly #reporter: Reporter;
	readonly #inbound: Inbound;
	readonly #outbound: Outbound;
	readonly #valve: Valve;
	readonly #host: HostingConnection;
	readonly #states: Emitter<ConnectionState>;
	readonly #closes: Emitter<CloseInfo>;
	/** While open() runs. */
	#opening: AbortController | null = null;
	#current: ConnectionState = 'INITIALIZING';
	#opened: Promise<void> | null = null;
	#closing: Promise<void> | null = null;
	#closeReason = '';
	#closeCode: number = CloseCode.NORMAL;
	#flushingQueue = false;
	#transportBusy = false;
	/** Who asked the transport to stop reading; it reads on when nobody does any more. */
	#failure: Error | null = null;
	/** What send() threw last. */
	#refusal: unknown = null;
	#end: CloseInfo | null = null;
	#secure: SecureChannel | undefined;
	#transportOpen = false;
	/** How the transport ended; null while it lives. */
	#transportEnd: CloseInfo | null = null;
	#cancelReaper = (): void => {};
	#readableStream: ReadableStream<Payload> | null = null;
	#writableStream: WritableStream<Payload> | null = null;
	readonly #transport: Transport;

	constructor(transport: Transport, options: ConnectionOptions = {}) {
		this.#transport = transport;
		this.#options = checkConnectionOptions(options);
		const { initiator, clock, label, tags, link, plugins } = this.#options;
		this.initiator = initiator;
		this.#chain = new Chain({
			toWire: (payload) => !isEnded(this.#current) && this.#transport.send(payload),
			toApplication: (payload) => this.#toApplication(payload),
			fault: (plugin, error) => this.#pluginFault(plugin, error),
		});
		this.#chain.insert({ name: transport.kind }, 0);
		this.#valve = new Valve(transport);
		this.#reporter = new Reporter({ id: this.id, clock, transport, chain: this.#chain, role: initiator ? 'initiator' : 'acceptor', label, tags, link });
		this.#inbound = new Inbound({
			maxUnreadBytes: this.#options.maxUnreadBytes,
			pause: () => this.#valve.pause('unread'),
			resume: () => this.#valve.resume('unread'),
			overflow: () => this.#fail(new ConnectionError('SLOW_READER', 'received messages were not read in time: read faster, or raise maxUnreadBytes')),
			...this.#listenerHooks('message'),
		});
		this.#outbound = new Outbound(this.#options.maxQueuedBytes, this.#options.maxBufferedBytes);
		this.onMessage = this.#inbound.onMessage;
		this.onState = this.#states = new Emitter(this.#listenerHooks('state'));
		this.onClose = this.#closes = new Emitter(this.#listenerHooks('close'));
		this.#host = this.#hosting();
		this.#addPlugins(plugins);
	}

	get state(): ConnectionState {
		return this.#current;
	}

	/** How it ended; null while it lives. */
	get closeInfo(): CloseInfo | null {
		return this.#end;
	}

	/** Names in the chain, wire side first; the transport's kind is the first. */
	get plugins(): readonly string[] {
		return this.#chain.names;
	}

	/** Bytes accepted by send() that the transport has not taken yet. */
	get bufferedBytes(): number {
		return this.#outbound.bufferedBytes + this.#chain.heldBytes();
	}

	/**
	 * Adds a plugin nearest the application, or beside an anchor: `after` means nearer the application, `before` nearer the wire.
	 * @throws PluginError PLUGIN_UNKNOWN_ANCHOR, PLUGIN_DUPLICATE, PLUGIN_TOO_LATE, PLUGIN_REUSED.
	 */
	addPlugin(plugin: Plugin, at: { before?: string; after?: string } = {}): this {
		if (typeof plugin !== 'object' || typeof plugin?.name !== 'string') {
			throw new TypeError(`a plugin is an object with a name, got ${describePlugin(plugin)}`);
		}
		if (isEnded(this.#current) || (this.#current !== 'INITIALIZING' && plugin.observer !== true)) {
			throw new PluginError('PLUGIN_TOO_LATE', `${plugin.name}: the connection is ${this.#current}; plugins are added before open(), only observers later`);
		}
		if (inUse.has(plugin)) throw new PluginError('PLUGIN_REUSED', `${plugin.name}: this instance serves a connection already: make one for each`);
		const slot = this.#chain.insert(plugin, this.#chain.placeFor(plugin.name, at));
		inUse.add(plugin);
		this.#reporter.plugin(slot, 'added', this.#chain.slots.indexOf(slot));
		this.#guard(plugin, () => {
			plugin.attach?.(new SlotHost(this.#host, slot));
			if (this.#current === 'ACTIVE') plugin.active?.();
		});
		return this;
	}

	/** @throws PluginError PLUGIN_NOT_FOUND, PLUGIN_TOO_LATE. */
	removePlugin(name: string): void {
		const slot = this.#chain.find(name);
		const { plugin } = slot;
		if (this.#chain.slots[0] === slot) throw new PluginError('PLUGIN_NOT_FOUND', `${name} is the transport, not a plugin`);
		if (this.#current !== 'INITIALIZING' && plugin.observer !== true) {
			throw new PluginError('PLUGIN_TOO_LATE', `${name} cannot leave a connection that is ${this.#current}: only observers may`);
		}
		this.#reporter.plugin(slot, 'removed', this.#chain.slots.indexOf(slot));
		this.#chain.remove(slot);
		this.#guard(plugin, () => plugin.closed?.({ code: CloseCode.NORMAL, reason: 'plugin removed', wasClean: true, initiatedBy: 'local' }));
	}

	/** @throws PluginError PLUGIN_NOT_FOUND. */
	plugin<P extends Plugin = Plugin>(name: string): P {
		return this.#chain.find(name).plugin as P;
	}

	/** Label and tags for stats, report and log; a later call adds to an earlier one. */
	setTags(tags: Readonly<Record<string, string>>, label?: string): void {
		this.#reporter.note({ kind: 'tags', tags, label });
	}

	/**
	 * Dials, runs the handshakes from the wire up, and resolves when ACTIVE. May be called once.
	 * @throws LinkscopeError what went wrong, with its code; the connection is then FAILED.
	 */
	open(signal?: AbortSignal): Promise<void> {
		if (this.#opened)
			return Promise.reject(new ConnectionError('CONNECTION_REUSED', `a connection opens once and this one is ${this.#current}: build a new one`));
		if (isEnded(this.#current)) return Promise.reject(this.#closedError());
		this.#opened = this.#establish(signal);
		return this.#opened;
	}

	/**
	 * Sends one message; before ACTIVE it is queued.
	 * @returns false: accepted, and `drained()` tells when to go on.
	 * @throws ConnectionError CONNECTION_CLOSED, SEND_QUEUE_FULL; TransportError MESSAGE_TOO_BIG. That message is then not sent, and nothing else is lost.
	 * Where a listener of this connection lets one of these escape, that ends at most this connection.
	 */
	send(payload: Payload): boolean {
		if (typeof payload !== 'string' && !(payload instanceof Uint8Array)) {
			throw new TypeError(`a message is a string or a Uint8Array, got ${payload === null ? 'null' : typeof payload}`);
		}
		try {
			if (this.#current === 'ACTIVE' && !this.#flushingQueue) return this.#sendNow(payload);
			if (isEnded(this.#current) || this.#current === 'CLOSING' || this.#closing) throw this.#closedError();
			this.#outbound.enqueue(payload);
			return false;
		} catch (error) {
			this.#refusal = error;
			throw error;
		}
	}

	/** Resolves when sending more is welcome. @throws ConnectionError CONNECTION_CLOSED when it ends before. */
	drained(): Promise<void> {
		if (isEnded(this.#current)) return Promise.reject(this.#closedError());
		if (this.#current === 'ACTIVE' && !this.#flushingQueue && !this.#outbound.isBlocked) return Promise.resolve();
		return this.#outbound.drained();
	}

	/** Received messages as they are read. Ends with the connection; throws where it FAILED. */
	messages(): AsyncIterable<Payload> & AsyncIterator<Payload> {
		return this.#inbound.messages();
	}

	/** Messages as a web stream; cancelling it closes the connection. */
	get readable(): ReadableStream<Payload> {
		this.#readableStream ??= createReadable(this);
		return this.#readableStream;
	}

	/** Sending as a web stream; closing it closes the connection. */
	get writable(): WritableStream<Payload> {
		this.#writableStream ??= createWritable(this);
		return this.#writableStream;
	}

	/**
	 * Ends in good order, in every state: what send() accepted is flushed, the peer is told, and it takes at most `closeTimeoutMs`.
	 * A second call waits for the first. Never rejects.
	 * @param code 1001 tells the peer that this side goes away as a whole.
	 */
	close(reason = 'Close called.', code: 1000 | 1001 = 1000): Promise<void> {
		if (isEnded(this.#current)) return Promise.resolve();
		if (!this.#closing) {
			this.#closeReason = truncateCloseReason(reason);
			this.#closeCode = code;
			this.#closing = this.#closeInOrder();
		}
		return this.#closing;
	}

	/** Ends at once: nothing is flushed, the peer is not waited for. CLOSED when it returns. */
	terminate(reason = 'Terminate called.'): void {
		if (isEnded(this.#current)) return;
		this.#finish({ code: CloseCode.ABNORMAL, reason: truncateCloseReason(reason), wasClean: false, initiatedBy: 'local' });
		this.#transport.terminate();
	}

	/** A connection that nobody will ever hold has ended; its transport stays the caller's. */
	#addPlugins(plugins: readonly Plugin[]): void {
		try {
			for (const plugin of plugins) if (!isEnded(this.#current)) this.addPlugin(plugin);
		} catch (thrown) {
			this.#finish({ code: CloseCode.ABNORMAL, reason: '', wasClean: false, initiatedBy: 'local', error: asError(thrown) });
			throw thrown;
		}
	}

	async #establish(signal?: AbortSignal): Promise<void> {
		const abort = (): void => this.#fail(new ConnectionError('CONNECTION_ABORTED', 'open() was aborted by its signal', { cause: signal?.reason }));
		const opening = new platform.AbortController();
		this.#opening = opening;
		signal?.addEventListener('abort', abort, { once: true });
		try {
			if (signal?.aborted) abort();
			this.#assertLiving();
			checkPhases(this.#chain.slots);
			this.#setState('CONNECTING');
			this.#assertLiving();
			for (const slot of this.#chain.slots) slot.handshake = this.#handshakeFor(slot);
			await openTransport(this.#transport, this.#sink(), opening.signal, this.#options.clock, this.#options.openTimeoutMs);
			this.#transportOpen = true;
			this.#assertLiving();
			checkNeeds(this.#transport, this.#chain.slots);
			this.#setState('CONNECTED');
			for (const slot of this.#chain.slots) await this.#establishPlugin(slot);
			this.#activate();
		} catch (error) {
			// Closed while dialling: an aborted transport has left nothing open, so that is the end. Closed later: close() sees to it.
			if (this.#current !== 'CLOSING') this.#fail(asError(error));
			else if (!this.#transportOpen) this.#finish(this.#localClose());
			throw this.#closedError();
		} finally {
			this.#opening = null;
			signal?.removeEventListener('abort', abort);
		}
	}

	async #establishPlugin(slot: Slot): Promise<void> {
		const { plugin, handshake } = slot;
		if (!handshake) return;
		if (plugin.phase) this.#setState(plugin.phase[0]);
		await runHandshake(slot);
		this.#assertLiving();
		this.#secure = handshake.secure;
		if (plugin.phase) this.#setState(plugin.phase[1]);
		this.#chain.replay(slot);
		this.#valve.resume('handshake');
	}

	#activate(): void {
		this.#assertLiving();
		// From here on, what a listener sends goes behind what was queued before.
		this.#flushingQueue = true;
		const { slots } = this.#chain;
		this.#setState('ACTIVE');
		this.#tellPlugins(slots, (plugin) => plugin.active?.());
		try {
			for (let payload = this.#outbound.dequeue(); payload !== undefined; payload = this.#outbound.dequeue()) this.#sendNow(payload);
		} finally {
			this.#flushingQueue = false;
		}
		this.#assertLiving();
		this.#relax();
		this.#inbound.release();
	}

	#sendNow(payload: Payload): boolean {
		const bytes = hub.active || this.#outbound.isBlocked ? byteLength(payload) : 0;
		this.#outbound.admit(bytes);
		if (hub.tap) hub.tap(this.id, 'sent', payload);
		const accepted = this.#chain.down(payload);
		if (this.#failure) throw this.#failure;
		this.#outbound.addBacklog(bytes);
		if (hub.active) this.#reporter.sent(bytes, this.#outbound.bufferedBytes);
		if (!accepted) this.#transportBusy = true;
		if (!accepted || this.#chain.heldBytes() > HELD_HIGH_WATER_BYTES) this.#outbound.block();
		return !this.#outbound.isBlocked;
	}

	#toApplication(payload: Payload): void {
		if (isEnded(this.#current)) return;
		if (hub.active) {
			this.#reporter.received(byteLength(payload), this.#outbound.bufferedBytes);
			if (hub.tap) hub.tap(this.id, 'received', payload);
		}
		this.#inbound.deliver(payload);
	}

	#sink(): TransportSink {
		return {
			message: (payload) => {
				if (isEnded(this.#current)) return;
				this.#chain.up(payload);
				this.#reporter.wire();
				this.#relaxIfBlocked();
			},
			drained: () => {
				this.#transportBusy = false;
				this.#tellPlugins(this.#chain.slots, (plugin) => plugin.drained?.());
				this.#relax();
			},
			wire: (bytesOut, bytesIn) => this.#reporter.countWire(bytesOut, bytesIn),
			claim: (socket) => this.#reporter.claim(socket),
			closed: (info) => this.#onTransportClosed(info),
		};
	}

	/** Tells those who wait for `drained()` when neither the transport nor a plugin is busy. */
	#relax(): void {
		if (this.#transportBusy || isEnded(this.#current) || this.#chain.heldBytes() > HELD_HIGH_WATER_BYTES / 2) return;
		this.#outbound.unblock();
	}

	/** What arrived may have been an acknowledgement, so that a plugin holds less. */
	#relaxIfBlocked(): void {
		if (this.#outbound.isBlocked) this.#relax();
	}

	/** What plugins still have inside for the application goes first, within the close bound. */
	#onTransportClosed(info: CloseInfo): void {
		this.#transportEnd = info;
		this.#cancelReaper();
		if (isEnded(this.#current)) return;
		const wasClosing = this.#current === 'CLOSING';
		const rest =
			this.#current === 'ACTIVE' || wasClosing ? endPlugins(this.#chain.slots, info, (plugin, error) => this.#pluginFault(plugin, error)) : undefined;
		if (!rest) return this.#finish(info);
		const finish = (): void => this.#finish(info, wasClosing ? 'CLOSING' : 'ACTIVE');
		this.#cancelReaper = this.#options.clock.after(this.#options.closeTimeoutMs, finish);
		if (!wasClosing) this.#setState('CLOSING');
		void rest.then(finish);
	}

	async #closeInOrder(): Promise<void> {
		let expire = (): void => {};
		const late = new Promise<'late'>((resolve) => {
			expire = this.#options.clock.after(this.#options.closeTimeoutMs, () => resolve('late'), { keepAlive: true });
		});
		const ended = new Promise<void>((resolve) => this.#closes.once(() => resolve()));
		try {
			// What was sent while dialling is worth waiting for; a dial nobody used is not.
			if (this.#opened && !this.#outbound.isEmpty) await Promise.race([this.#opened.catch(() => {}), late]);
			if (isEnded(this.#current)) return;
			if (this.#current === 'INITIALIZING') {
				this.#finish(this.#localClose());
				this.#transport.close(this.#closeCode, this.#closeReason);
				return;
			}
			const wasActive = this.#current === 'ACTIVE';
			if (this.#current !== 'CLOSING') this.#setState('CLOSING');
			if (wasActive) await Promise.race([flushPlugins(this.#chain.slots, (error) => this.#reporter.error(error, 'plugin')), late]);
			if (isEnded(this.#current)) return;
			this.#abandonOpening(this.#closedError());
			this.#transport.close(this.#closeCode, this.#closeReason);
			if ((await Promise.race([ended, late])) === 'late') this.terminate(this.#closeReason);
		} finally {
			expire();
		}
	}

	#localClose(): CloseInfo {
		return { code: this.#closeCode, reason: this.#closeReason, wasClean: true, initiatedBy: 'local' };
	}

	/** Ends as FAILED: the state at once, the peer is told in the background, within the close bound. */
	#fail(error: Error): void {
		if (isEnded(this.#current)) return;
		this.#failure = error;
		// The wire has told its end already: that stays, and why it is a failure joins it.
		if (this.#transportEnd) return this.#finish({ ...this.#transportEnd, wasClean: false, error });
		const code = closeCodeFor(error);
		const reason = truncateCloseReason(closeReasonFor(error));
		if (this.#transportOpen) this.#finish({ code, reason, wasClean: false, initiatedBy: 'local', error });
		// A dial that failed: nobody sent a code, as on a raw socket.
		else this.#finish({ code: CloseCode.ABNORMAL, reason: '', wasClean: false, initiatedBy: error instanceof TransportError ? 'network' : 'local', error });
		this.#cancelReaper = this.#options.clock.after(this.#options.closeTimeoutMs, () => this.#transport.terminate());
		this.#transport.close(code, reason);
	}

	/** @param before the state in which the end came: the last messages may be delivered in CLOSING. */
	#finish(info: CloseInfo, before = this.#current): void {
		if (isEnded(this.#current)) return;
		this.#cancelReaper();
		const from = this.#current;
		// A transport that gave up on its peer ends locally and names the error.
		const lost = !info.wasClean && before !== 'CLOSING' && (info.initiatedBy !== 'local' || info.error !== undefined);
		if (lost)
			this.#failure ??= info.error ?? new TransportError('CONNECTION_LOST', `${this.#transport.kind}: the connection was lost (${describeClose(info)})`);
		// Refused in the middle of a handshake is a failure too, however politely it was said.
		else if (before !== 'ACTIVE' && before !== 'CLOSING' && info.initiatedBy === 'remote') this.#failure = refusedBy(info);
		this.#end = info;
		this.#current = this.#failure ? 'FAILED' : 'CLOSED';
		const error = this.#closedError();
		this.#abandonOpening(error);
		this.#outbound.finish(error);
		if (this.#failure) this.#reporter.error(this.#failure, kindOf(this.#failure));
		this.#reporter.state(from, this.#current);
		this.#reporter.closed(this.#current, info, this.#failure);
		for (const { plugin } of this.#chain.slots) {
			try {
				plugin.closed?.(info);
			} catch (thrown) {
				this.#reporter.error(asError(thrown), 'plugin');
			}
		}
		this.#inbound.finish(this.#failure);
		this.#states.emit(this.#current);
		this.#closes.emit(info);
	}

	#setState(to: ConnectionState): void {
		const from = this.#current;
		if (!canTransition(from, to)) {
			throw phaseError(from, to, this.plugins);
		}
		this.#current = to;
		this.#reporter.state(from, to);
		this.#states.emit(to);
	}

	#hosting(): HostingConnection {
		return {
			id: this.id,
			clock: this.#options.clock,
			initiator: this.initiator,
			transport: this.#transport,
			valve: this.#valve,
			reporter: this.#reporter,
			below: (slot) => this.#chain.below(slot),
			sendDown: (slot, payload) => {
				// Nothing leaves before the transport is open, nor from a plugin that was removed.
				if (!this.#transportOpen || isEnded(this.#current) || !this.#chain.slots.includes(slot)) return false;
				const accepted = this.#chain.downFrom(slot, payload);
				this.#reporter.wire();
				if (!accepted) {
					this.#transportBusy = true;
					this.#outbound.block();
				}
				this.#relax();
				// A plugin below may have kept the payload to itself, and what it made of it was too much for the transport.
				return accepted && !this.#transportBusy;
			},
			deliverUp: (slot, payload) => {
				if (isEnded(this.#current)) return;
				this.#chain.upFrom(slot, payload);
				this.#relaxIfBlocked();
			},
			close: (reason) => void this.close(reason),
			fail: (error) => this.#fail(error),
		};
	}

	#handshakeFor(slot: Slot): Handshake | null {
		if (!slot.plugin.handshake) return null;
		return new Handshake({
			plugin: slot.plugin.name,
			initiator: this.initiator,
			clock: this.#options.clock,
			timeoutMs: this.#options.handshakeTimeoutMs,
			inheritedSecure: () => this.#secure,
			sendDown: (payload) => {
				this.#chain.downFrom(slot, payload);
				this.#reporter.wire();
			},
			crowd: () => this.#valve.pause('handshake'),
			fail: (error) => this.#fail(error),
		});
	}

	#abandonOpening(error: Error): void {
		for (const { handshake } of this.#chain.slots) handshake?.abort(error);
		this.#opening?.abort(error);
	}

	#assertLiving(): void {
		if (isEnded(this.#current) || this.#current === 'CLOSING') throw this.#closedError();
	}

	#closedError(): Error {
		if (this.#failure) return this.#failure;
		return this.#end ? closedBy(this.#end) : new ConnectionError('CONNECTION_CLOSED', `the connection is ${this.#current}`);
	}

	#tellPlugins(slots: readonly Slot[], hook: (plugin: Plugin) => void): void {
		for (const { plugin } of slots) {
			if (isEnded(this.#current)) return;
			this.#guard(plugin, () => hook(plugin));
		}
	}

	/** Runs a hook of a plugin; one that throws fails its own connection and nobody else's. */
	#guard(plugin: Plugin, hook: () => void): void {
		try {
			hook();
		} catch (error) {
			this.#pluginFault(plugin, error);
		}
	}

	#pluginFault(plugin: Plugin, thrown: unknown): void {
		if (thrown instanceof LinkscopeError) this.#fail(thrown);
		else this.#fail(new PluginError('PLUGIN_FAILED', `${plugin.name} threw: ${asError(thrown).message}`, { cause: thrown }));
	}

	/**
	 * A listener let an error of this connection's own send() escape, as every plain echo does. Nobody could have sent to an end that has
	 * come; and a peer that does not read, or takes only less, ends its own connection and not the process with everybody else's.
	 * @returns false: it is an error like any other.
	 */
	#bearRefusal(error: Error): boolean {
		if (isEnded(this.#current) || this.#current === 'CLOSING' || this.#closing) return true;
		const code = codeOf(error);
		if (code !== 'SEND_QUEUE_FULL' && code !== 'MESSAGE_TOO_BIG') return false;
		this.#fail(error);
		return true;
	}

	#listenerHooks(on: string) {
		return {
			onThrow: (error: unknown): void => {
				if (error === this.#refusal && this.#bearRefusal(error as Error)) return;
				this.#reporter.error(asError(error), 'application');
				throwLater(error);
			},
			// Said when listeners begin to pile up, and each time they double.
			onCount: (count: number): void => {
				if (count >= 16 && (count & (count - 1)) === 0) this.#reporter.note({ kind: 'listeners', on, count });
			},
		};
	}
}

function describePlugin(given: unknown): string {
	return typeof given === 'function' ? `the class ${given.name}: pass new ${given.name}()` : typeof given;
}
