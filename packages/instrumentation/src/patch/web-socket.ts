import { byteLength, hub, type Unsubscribe } from '@linkscope/core';
import { adopt, CLOSING, CONNECTING, type ObservedSocket, OPEN, observed, type SocketLike } from './observed-socket.js';
import { asPayload, payloadBytes } from './payload-size.js';
import { ownerOf, replaceable, replaceMethod, replaceProperty, replaceSetter, undoAll } from './replace.js';
import { install, type PatchOptions, state, type Target } from './target.js';
import { bridgeWorkers } from './worker-bridge.js';

type SocketClass = (new (...args: unknown[]) => SocketLike) & { prototype: SocketLike };
type Method = (this: object, ...args: never[]) => unknown;
/** What runs instead of a method, and calls it. */
type Around = (original: Method, socket: SocketLike, args: never[]) => unknown;

/**
 * Observes every WebSocket of this realm (browser, worker, Node >= 22): those made from now on through a construct trap,
 * those of a constructor captured earlier from their first use on (an on… handler, addEventListener, send, close).
 * Events that an application dispatches itself on the platform's socket are not counted.
 * Unseen stays a captured constructor's socket that nobody touches, and what other frames and workers do without linkscope;
 * what happens in a worker that installs it joins the events of the page.
 * Does nothing where there is no WebSocket, where it is frozen, and to a `ws` class put in its place (see `instrumentWs`).
 * @returns takes the patch back as far as it is still ours.
 */
export function patchWebSocket(options: PatchOptions = {}): Unsubscribe {
	return install(globalThis, options, (target) => undoAll([patchHolder(target, globalThis), bridgeWorkers(target.clock)]));
}

/** The same for the WebSocket of undici's npm package: the module, or the class itself. */
export function instrumentUndici(undici: unknown, options: PatchOptions = {}): Unsubscribe {
	const holder = (typeof undici === 'function' ? { WebSocket: undici } : undici) as { WebSocket?: SocketClass } | null;
	const Class = holder?.WebSocket;
	if (!holder || !Class) return () => {};
	const isGlobal = Class === (globalThis as { WebSocket?: unknown }).WebSocket;
	return isGlobal ? patchWebSocket(options) : install(Class.prototype, options, (target) => patchHolder(target, holder));
}

function patchHolder(target: Target, holder: object): Unsubscribe {
	const Class = (holder as { WebSocket?: SocketClass }).WebSocket;
	// A class with emit() is an EventEmitter: a listener of ours would change what it does on 'error'.
	if (typeof Class !== 'function' || !Class.prototype || 'emit' in Class.prototype) return () => {};
	const patch = new ClassPatch(target, Class);
	return patch.works ? undoAll([patch.trapConstruction(holder), patch.patchPrototype()]) : () => {};
}

/** One WebSocket class that follows the DOM's events. */
class ClassPatch {
	// Node's EventTarget calls dispatchEvent by name, so its sockets need no listener: counts and warnings stay as they are.
	readonly #dispatches: boolean;
	/** False for a class in JavaScript that stands in for the platform's: a fake, happy-dom's, another patcher's. */
	readonly #isPlatforms: boolean;
	readonly #addListener: Method | undefined;
	/** Where send() lives: below the subclasses that other patchers put on the global, so it outlasts them. */
	readonly #prototype: object;
	readonly #target: Target;
	readonly #Class: SocketClass;

	constructor(target: Target, Class: SocketClass) {
		this.#target = target;
		this.#Class = Class;
		this.#dispatches = Symbol.for('nodejs.event_target') in Class;
		this.#addListener = (Class.prototype as { addEventListener?: Method }).addEventListener;
		this.#prototype = ownerOf(Class.prototype, 'send') ?? Class.prototype;
		this.#isPlatforms = isPlatforms(this.#prototype);
	}

	/** All or nothing: a record whose sends or end are not seen tells no truth. */
	get works(): boolean {
		return this.#addListener !== undefined && replaceable(this.#prototype, ['addEventListener', 'send', 'close', 'dispatchEvent']);
	}

	/** A Proxy keeps the class's name, statics, subclasses and `instanceof`; `constructor` of its sockets follows it. */
	trapConstruction(holder: object): Unsubscribe {
		const proxy: SocketClass = new Proxy(this.#Class, {
			construct: (Class, args, newTarget) => {
				const socket = Reflect.construct(Class, args, newTarget === proxy ? Class : newTarget);
				this.#recordOf(socket);
				return socket;
			},
		});
		const before = Object.getOwnPropertyDescriptor(holder, 'WebSocket');
		const { prototype } = this.#Class;
		return undoAll([
			replaceProperty(holder, 'WebSocket', { configurable: before?.configurable, enumerable: before?.enumerable, writable: true, value: proxy }),
			(holder as { WebSocket?: unknown }).WebSocket === proxy ? replaceMethod(prototype, 'constructor', () => proxy as never) : () => {},
		]);
	}

	patchPrototype(): Unsubscribe {
		const methods: [string, Around][] = [
			['addEventListener', this.#touch],
			['send', this.#send],
			['close', this.#close],
		];
		if (this.#dispatches) methods.push(['dispatchEvent', this.#dispatch]);
		return undoAll([
			...['onopen', 'onmessage', 'onerror', 'onclose'].map((name) => replaceSetter(this.#prototype, name, this.#wrap(this.#touch))),
			...methods.map(([name, around]) => replaceMethod(this.#prototype, name, this.#wrap(around))),
		]);
	}

	/** A Proxy of the method, so that its name, length and `toString()` stay what they were. */
	#wrap(around: Around): (original: Method, find?: () => Method) => Method {
		return (original, find = () => original) =>
			new Proxy(original, {
				apply: (_, socket, args) => (this.#target.live && hub.active ? around(find(), socket, args as never[]) : Reflect.apply(find(), socket, args)),
			});
	}

	readonly #touch: Around = (original, socket, args) => {
		this.#recordOf(socket);
		return Reflect.apply(original, socket, args);
	};

	readonly #send: Around = (original, socket, args) => {
		const record = this.#recordOf(socket);
		if (!record || record.silent || socket.readyState !== OPEN) return Reflect.apply(original, socket, args);
		const before = socket.bufferedAmount;
		const result = Reflect.apply(original, socket, args);
		const after = socket.bufferedAmount;
		record.sent(sentBytes(args[0], after - before), after || 0);
		if (hub.tap) lend(record, 'sent', args[0]);
		return result;
	};

	readonly #close: Around = (original, socket, args) => {
		const record = this.#recordOf(socket);
		const living = record !== null && socket.readyState < CLOSING;
		const result = Reflect.apply(original, socket, args);
		if (living) record.closing();
		return result;
	};

	readonly #dispatch: Around = (original, socket, args) => {
		const record = this.#recordOf(socket);
		const event = args[0] as unknown as Event;
		if (record && this.#isGenuine(event)) observeEvent(record, socket, event);
		return Reflect.apply(original, socket, args);
	};

	#recordOf(socket: SocketLike): ObservedSocket | null {
		const record = observed(this.#target, socket);
		return record === undefined ? this.#adopt(socket) : record;
	}

	#adopt(socket: SocketLike): ObservedSocket | null {
		if (!this.#target.live || !hub.active) return null;
		try {
			if (!Object.prototype.isPrototypeOf.call(this.#prototype, socket)) return null;
			const record = adopt(this.#target, socket, String(socket.url), true);
			if (record && !this.#dispatches) this.#listen(socket);
			return record;
		} catch {
			// Not a socket after all (Object.create of the prototype, a fake that throws): its own error is for the caller to see.
			return null;
		}
	}

	/** Once in a socket's life: the listeners find the record that is its own at the time, also that of a later install. */
	#listen(socket: SocketLike): void {
		if (state.heard.has(socket)) return;
		state.heard.add(socket);
		for (const [type, listener] of this.#listeners()) Reflect.apply(this.#addListener as Method, socket, [type, listener] as never[]);
	}

	/** Functions, and one for messages alone: browsers call an object's handleEvent, and tell an event's type, a good deal slower. */
	#listeners(): [string, Listener][] {
		const isGenuine = (event: Event) => this.#isGenuine(event);
		const onMessage: Listener = function (event) {
			const record = state.sockets.get(this);
			if (record && !record.silent && isGenuine(event)) observeMessage(record, this, event as MessageEvent);
		};
		const onOther: Listener = function (event) {
			const record = state.sockets.get(this);
			if (record && isGenuine(event)) observeEvent(record, this, event);
		};
		return [
			['message', onMessage],
			['open', onOther],
			['error', onOther],
			['close', onOther],
		];
	}

	/** Whether the platform tells it: an application may dispatch events of its own, and those of a fake are all like that. */
	#isGenuine(event: Event): boolean {
		if (!this.#isPlatforms || event.isTrusted) return true;
		// undici's own are not trusted either, but its messages have the origin that one made by hand lacks.
		return this.#dispatches && (event.type !== 'message' || (event as MessageEvent).origin !== '');
	}
}

type Listener = (this: SocketLike, event: Event) => void;

/** The platform's is tagged, and its accessors refuse what is no socket: hardly a fake or a wrapper does both. */
function isPlatforms(prototype: object): boolean {
	try {
		void (prototype as SocketLike).bufferedAmount;
		return false;
	} catch {
		return Object.prototype.toString.call(prototype) === '[object WebSocket]';
	}
}

function observeMessage(record: ObservedSocket, socket: SocketLike, { data }: MessageEvent): void {
	try {
		record.received(payloadBytes(data), socket.bufferedAmount || 0);
		if (hub.tap) lend(record, 'received', data);
	} catch {
		hub.faults++;
	}
}

function observeEvent(record: ObservedSocket, socket: SocketLike, event: Event): void {
	if (record.silent) return;
	try {
		switch (event.type) {
			case 'message':
				observeMessage(record, socket, event as MessageEvent);
				break;
			case 'open':
				if (socket.readyState !== CONNECTING) record.opened();
				break;
			case 'error':
				fail(record, event as ErrorEvent);
				break;
			case 'close': {
				const { code, reason, wasClean } = event as CloseEvent;
				record.closed(socket, code, reason, wasClean === true);
			}
		}
	} catch {
		hub.faults++;
	}
}

/** Browsers say only that something failed; Node says what. */
function fail(record: ObservedSocket, { message, error }: { message?: string; error?: { code?: unknown } | null }): void {
	record.failed('connection', { code: error?.code, message }, 'the WebSocket failed; the platform does not say why');
}

// Short text is measured here; for the rest the platform has just counted the bytes into bufferedAmount (which falls
// only between tasks), so nothing is measured twice and no object is converted twice.
const MEASURED_UNITS = 256;

function sentBytes(data: unknown, grown: number): number {
	if (typeof data === 'string') return data.length <= MEASURED_UNITS || !(grown > 0) ? byteLength(data) : grown;
	return grown > 0 ? grown : payloadBytes(data);
}

function lend(record: ObservedSocket, direction: 'sent' | 'received', data: unknown): void {
	const payload = asPayload(data);
	if (payload !== null) record.lend(direction, payload);
}
