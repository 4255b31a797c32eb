import { byteLength, hub, type Unsubscribe } from '@linkscope/core';
import { adopt, CLOSING, CONNECTING, type ObservedSocket, OPEN, observed, type SocketLike } from './observed-socket.js';
import { asPayload, payloadBytes } from './payload-size.js';
import { Pings } from './pings.js';
import { replaceable, replaceMethod, replaceProperty, undoAll } from './replace.js';
import { install, type PatchOptions, type Target } from './target.js';
import { acceptedUrl, patchServer, peerAddress, type TcpSocket, type WsServerClass } from './ws-server.js';

/** What is used of a `ws` socket; the underscored fields have been there since ws 3 and are read with care. */
interface WsSocket extends SocketLike {
	readonly _isServer?: boolean;
	readonly _socket?: TcpSocket;
	readonly _closeFrameReceived?: boolean;
	readonly _closeFrameSent?: boolean;
}
type WsClass = (new () => WsSocket) & { prototype: WsSocket };
type Method = (this: WsSocket, ...args: never[]) => unknown;
type Find = () => Method;
type RecordOf = (socket: WsSocket) => ObservedSocket | null;

const pingsOf = new WeakMap<ObservedSocket, Pings>();

/**
 * Observes the sockets of Node's `ws`, client and server, also those of a class captured before: it patches the prototype
 * (`emit`, `send`, `close`, `terminate`, `ping`) and adds no listener, so listener counts and the throw of an unheard
 * 'error' stay as they are. A server's socket has the URL that its peer asked for (without its path, where only the
 * class without the server's was given) and tells `from` where it came.
 * @param ws the module, its WebSocket class, or its WebSocketServer class.
 * @returns takes the patch back as far as it is still ours.
 */
export function instrumentWs(ws: unknown, options: PatchOptions = {}): Unsubscribe {
	const Class = classOf<WsClass>(ws, ['WebSocket', 'default'], 'send');
	const Server =
		classOf<WsServerClass>(ws, ['WebSocketServer', 'Server'], 'handleUpgrade') ?? classOf<WsServerClass>(Class, ['WebSocketServer'], 'handleUpgrade');
	return undoAll([
		Class ? install(Class.prototype, options, (target) => patchPrototype(target, Class)) : () => {},
		Server ? install(Server.prototype, options, (target) => patchServer(target, Server)) : () => {},
	]);
}

/** A class with that method: the module's by one of these names, or the module itself. */
function classOf<C>(ws: unknown, names: readonly string[], method: string): C | null {
	const module = ws as Record<string, unknown> | null | undefined;
	for (const candidate of [...names.map((name) => module?.[name]), module]) {
		const prototype = typeof candidate === 'function' ? candidate.prototype : null;
		if (typeof prototype?.emit === 'function' && typeof prototype[method] === 'function') return candidate as C;
	}
	return null;
}

function patchPrototype(target: Target, Class: WsClass): Unsubscribe {
	function recordOf(socket: WsSocket): ObservedSocket | null {
		if (!target.live || !hub.active) return null;
		const record = observed(target, socket);
		if (record !== undefined) return record;
		if (!(socket instanceof Class)) return null;
		if (!socket._isServer) return adopt(target, socket, String(socket.url), true);
		return adopt(target, socket, acceptedUrl(socket._socket), false, peerAddress(socket._socket));
	}
	const { prototype } = Class;
	// All or nothing: a record whose sends or end are not seen tells no truth.
	if (!replaceable(prototype, ['_req', 'emit', 'send', 'ping', 'close', 'terminate'])) return () => {};
	return undoAll([
		watchConstruction(prototype, recordOf),
		replace(prototype, 'emit', (find) => patchedEmit(find, recordOf)),
		replace(prototype, 'send', (find) => patchedSend(find, recordOf)),
		replace(prototype, 'ping', (find) => patchedPing(find, recordOf)),
		replace(prototype, 'close', (find) => patchedClose(find, recordOf)),
		replace(prototype, 'terminate', (find) => patchedClose(find, recordOf)),
	]);
}

/**
 * A client's constructor assigns `_req` once its request is on the way and nothing can throw any more: that assignment
 * is the one moment of construction that a prototype gets to see. The field becomes the own property it always was;
 * what stays to be noticed is that `'_req' in` a server's socket, which has none, is true.
 */
function watchConstruction(prototype: object, recordOf: RecordOf): Unsubscribe {
	return replaceProperty(prototype, '_req', {
		configurable: true,
		get: () => undefined,
		set(this: WsSocket, request: unknown) {
			Object.defineProperty(this, '_req', { value: request, writable: true, enumerable: true, configurable: true });
			recordOf(this);
		},
	});
}

function replace(prototype: object, name: string, wrap: (find: Find) => Method): Unsubscribe {
	return replaceMethod(prototype, name, (original, find) => {
		const method = wrap(find as Find);
		const looks = { name: original.name, length: original.length, toString: () => Function.prototype.toString.call(original) };
		for (const [key, value] of Object.entries(looks)) Object.defineProperty(method, key, { value, configurable: true });
		return method as typeof original;
	});
}

function patchedEmit(find: Find, recordOf: RecordOf): Method {
	return {
		emit(this: WsSocket, ...args: never[]) {
			const record = recordOf(this);
			if (record !== null && !record.silent) observeEvent(record, this, args[0], args[1], args[2]);
			return find().apply(this, args);
		},
	}.emit;
}

function patchedSend(find: Find, recordOf: RecordOf): Method {
	return {
		send(this: WsSocket, ...args: never[]) {
			const record = recordOf(this);
			const open = record !== null && this.readyState === OPEN;
			const result = find().apply(this, args);
			if (open && !record.silent) observeSend(record, this, args[0], args[1]);
			return result;
		},
	}.send;
}

function patchedPing(find: Find, recordOf: RecordOf): Method {
	return {
		ping(this: WsSocket, ...args: never[]) {
			const record = recordOf(this);
			const open = record !== null && this.readyState === OPEN;
			const result = find().apply(this, args);
			if (open && !record.silent) unanswered(record).sent(args[0]);
			return result;
		},
	}.ping;
}

/** close() and terminate(). The answer to the remote side's close frame runs through close() as well. */
function patchedClose(find: Find, recordOf: RecordOf): Method {
	return {
		close(this: WsSocket, ...args: never[]) {
			const record = recordOf(this);
			const ours = record !== null && this.readyState < CLOSING && !this._closeFrameReceived;
			const result = find().apply(this, args);
			if (ours && this.readyState >= CLOSING) record.closing();
			return result;
		},
	}.close;
}

interface SendOptions {
	fin?: boolean;
	binary?: boolean;
}

function observeSend(record: ObservedSocket, socket: WsSocket, data: unknown, options: SendOptions | undefined): void {
	try {
		if (options?.fin === false) return record.sentFragment(sentBytes(data));
		record.sent(sentBytes(data), socket.bufferedAmount);
		if (hub.tap) lend(record, 'sent', data, options?.binary ?? typeof data !== 'string');
	} catch {
		// An object that could be read once, by ws.
		hub.faults++;
	}
}

function observeEvent(record: ObservedSocket, socket: WsSocket, type: unknown, first: unknown, second: unknown): void {
	try {
		switch (type) {
			case 'message':
				record.received(payloadBytes(first), socket.bufferedAmount);
				if (hub.tap) lend(record, 'received', first, second === true);
				break;
			case 'open':
				if (socket.readyState !== CONNECTING) record.opened();
				break;
			case 'pong': {
				const rttMs = unanswered(record).answered(first);
				if (rttMs !== null) record.roundTrip(rttMs);
				break;
			}
			case 'error':
				fail(record, first as NodeJS.ErrnoException | undefined);
				break;
			case 'close':
				record.closed(socket, first as number, second, socket._closeFrameReceived === true && socket._closeFrameSent === true);
		}
	} catch {
		// Only what an application emits by hand can be of another kind than ws emits.
		hub.faults++;
	}
}

function unanswered(record: ObservedSocket): Pings {
	const pings = pingsOf.get(record) ?? new Pings(record.target.clock);
	pingsOf.set(record, pings);
	return pings;
}

function fail(record: ObservedSocket, error: NodeJS.ErrnoException | undefined): void {
	record.failed(String(error?.code).startsWith('WS_ERR_') ? 'protocol' : 'connection', error, 'the WebSocket failed');
}

/** Bytes that ws makes of whatever Buffer.from() takes, read without a second conversion. */
function sentBytes(data: unknown): number {
	if (data instanceof String) return byteLength(String.prototype.valueOf.call(data));
	if (typeof data !== 'object' || data === null || 'byteLength' in data || 'size' in data) return payloadBytes(data);
	const { length, data: json } = data as { length?: unknown; data?: unknown };
	const list = length ?? (json as unknown[] | undefined)?.length;
	return typeof list === 'number' ? list : 0;
}

/** `ws` delivers text as bytes. */
function lend(record: ObservedSocket, direction: 'sent' | 'received', data: unknown, binary: boolean): void {
	const payload = binary ? asPayload(data) : String(data);
	if (payload !== null) record.lend(direction, payload);
}
