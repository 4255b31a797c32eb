import { hub, type Unsubscribe } from '@linkscope/core';
import { adopt, CLOSING, type ObservedSocket, OPEN, observed, type SocketLike } from './observed-socket.js';
import { asPayload, payloadBytes } from './payload-size.js';
import { replaceMethod, replaceProperty, undoAll } from './replace.js';
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
type RecordOf = (socket: WsSocket) => ObservedSocket | null;

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
		const record = observed(socket);
		if (record !== undefined) return record;
		if (!(socket instanceof Class)) return null;
		if (!socket._isServer) return adopt(target, socket, String(socket.url), true);
		return adopt(target, socket, acceptedUrl(socket._socket), false, peerAddress(socket._socket));
	}
	const { prototype } = Class;
	return undoAll([
		watchConstruction(prototype, recordOf),
		replace(prototype, 'emit', (original) => patchedEmit(original, recordOf)),
		replace(prototype, 'send', (original) => patchedSend(original, recordOf)),
		replace(prototype, 'ping', (original) => patchedPing(original, recordOf)),
		replace(prototype, 'close', (original) => patchedClose(original, recordOf)),
		replace(prototype, 'terminate', (original) => patchedClose(original, recordOf)),
	]);
}

/**
 * A client's constructor assigns `_req` once its request is on the way and nothing can throw any more: that assignment
 * is the one moment of construction that a prototype gets to see. The field becomes the own property it always was.
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

function replace(prototype: object, name: string, wrap: (original: Method) => Method): Unsubscribe {
	return replaceMethod(prototype, name, (original) => {
		const method = wrap(original as Method);
		Object.defineProperty(method, 'name', { value: original.name, configurable: true });
		Object.defineProperty(method, 'length', { value: original.length, configurable: true });
		return method as typeof original;
	});
}

function patchedEmit(original: Method, recordOf: RecordOf): Method {
	return {
		emit(this: WsSocket, ...args: never[]) {
			const record = recordOf(this);
			if (record !== null && !record.silent) observeEvent(record, this, args[0], args[1], args[2]);
			return original.apply(this, args);
		},
	}.emit;
}

function patchedSend(original: Method, recordOf: RecordOf): Method {
	return {
		send(this: WsSocket, ...args: never[]) {
			const record = recordOf(this);
			const open = record !== null && this.readyState === OPEN;
			const result = original.apply(this, args);
			if (open && !record.silent) observeSend(record, this, args[0], args[1]);
			return result;
		},
	}.send;
}

function patchedPing(original: Method, recordOf: RecordOf): Method {
	return {
		ping(this: WsSocket, ...args: never[]) {
			recordOf(this)?.pinged();
			return original.apply(this, args);
		},
	}.ping;
}

/** close() and terminate(). The answer to the remote side's close frame runs through close() as well. */
function patchedClose(original: Method, recordOf: RecordOf): Method {
	return {
		close(this: WsSocket, ...args: never[]) {
			const record = recordOf(this);
			const ours = record !== null && this.readyState < CLOSING && !this._closeFrameReceived;
			const result = original.apply(this, args);
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
	if (options?.fin === false) return record.sentFragment(payloadBytes(data));
	record.sent(payloadBytes(data), socket.bufferedAmount);
	if (hub.tap) lend(record, 'sent', data, options?.binary ?? typeof data !== 'string');
}

function observeEvent(record: ObservedSocket, socket: WsSocket, type: unknown, first: unknown, second: unknown): void {
	try {
		switch (type) {
			case 'message':
				record.received(payloadBytes(first), socket.bufferedAmount);
				if (hub.tap) lend(record, 'received', first, second === true);
				break;
			case 'open':
				record.opened();
				break;
			case 'pong':
				record.ponged();
				break;
			case 'error':
				fail(record, first as NodeJS.ErrnoException | undefined);
				break;
			case 'close':
				record.closed(Number(first), String(second ?? ''), socket._closeFrameReceived === true && socket._closeFrameSent === true);
		}
	} catch {
		// Only what an application emits by hand can be of another kind than ws emits.
		hub.faults++;
	}
}

function fail(record: ObservedSocket, error: NodeJS.ErrnoException | undefined): void {
	const code = typeof error?.code === 'string' ? error.code : null;
	record.failed(code?.startsWith('WS_ERR_') ? 'protocol' : 'connection', code, error?.message ?? 'the WebSocket failed');
}

/** `ws` delivers text as bytes. */
function lend(record: ObservedSocket, direction: 'sent' | 'received', data: unknown, binary: boolean): void {
	const payload = binary ? asPayload(data) : String(data);
	if (payload !== null) record.lend(direction, payload);
}
