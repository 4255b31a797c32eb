import { type ConnectionState, type ErrorKind, hub, isEnded, type Payload, type ProbeEvent, type SocketEntry, turnNow } from '@linkscope/core';
import { state, type Target } from './target.js';

const CODE = /^\w{1,64}$/;

type EventBody<E = ProbeEvent> = E extends ProbeEvent ? Omit<E, 'id' | 'at'> : never;

/**
 * One foreign socket: turns what the patch sees into probe events. Holds no payload and not the socket.
 * Falls silent when a Connection claims the socket, when nobody listens, and when the patch is gone.
 */
export class ObservedSocket implements SocketEntry {
	readonly id: string = hub.nextId();
	claimedBy: string | null = null;
	#state: ConnectionState = 'INITIALIZING';
	#opened = false;
	#closingHere = false;
	#errorCode: string | null = null;
	#messages = 0;
	#fragmentBytes = 0;

	readonly #masks: boolean;

	/** @param masks true for a client: its frames carry a mask of 4 bytes, those of its peer none (RFC 6455 section 5.3). */
	constructor(
		readonly target: Target,
		masks: boolean,
	) {
		this.#masks = masks;
	}

	get silent(): boolean {
		return !hub.active || this.claimedBy !== null || !this.target.live || isEnded(this.#state);
	}

	created(remote: string, from?: string): void {
		this.#tell({ type: 'created', epoch: this.target.clock.epoch(), role: 'observed', transport: 'websocket', remote, from });
		this.#move('CONNECTING');
	}

	opened(): void {
		if (this.silent || this.#opened) return;
		this.#opened = true;
		if (this.#state === 'CONNECTING') this.#move('ACTIVE');
	}

	sent(bytes: number, bufferedBytes: number): void {
		this.#message('sent', bytes + this.#fragmentBytes, this.#masks, bufferedBytes);
		this.#fragmentBytes = 0;
	}

	/** Part of a message that `sent` will complete. */
	sentFragment(bytes: number): void {
		this.#fragmentBytes += bytes;
	}

	received(bytes: number, bufferedBytes: number): void {
		this.#message('received', bytes, !this.#masks, bufferedBytes);
	}

	/** Lends a payload to the tap. Called only while `hub.tap` is set. */
	lend(direction: 'sent' | 'received', payload: Payload): void {
		try {
			hub.tap?.(this.id, direction, payload);
		} catch {
			hub.faults++;
		}
	}

	roundTrip(rttMs: number): void {
		if (!this.silent) this.#tell({ type: 'note', note: { kind: 'latency', rttMs } });
	}

	/** @param error whatever the application or its platform made one of: only a word is taken for a code, only text for a message. */
	failed(kind: ErrorKind, error: { code?: unknown; message?: unknown } | null | undefined, fallback: string): void {
		if (this.silent) return;
		const { code, message } = error ?? {};
		this.#errorCode = typeof code === 'string' && CODE.test(code) ? code : null;
		this.#tell({ type: 'error', kind, code: this.#errorCode, message: (typeof message === 'string' && message) || fallback });
	}

	/** This side began to close. */
	closing(): void {
		if (this.silent || this.#state === 'CLOSING') return;
		this.#closingHere = true;
		this.#move('CLOSING');
	}

	/** Ends the record, unless an application only says so: it may emit or dispatch what it likes on a living socket. */
	closed(socket: SocketLike, code: number, reason: unknown, wasClean: boolean): void {
		if (this.silent || socket.readyState !== CLOSED || !Number.isInteger(code)) return;
		const end = wasClean && this.#opened ? 'CLOSED' : 'FAILED';
		const initiatedBy = this.#closingHere ? 'local' : code === 1006 ? 'network' : 'remote';
		this.#move(end);
		this.#tell({ type: 'closed', state: end, code, reason: String(reason ?? ''), wasClean, initiatedBy, errorCode: this.#errorCode });
	}

	#message(type: 'sent' | 'received', bytes: number, masked: boolean, bufferedBytes: number): void {
		this.#messages++;
		hub.emit({ type, id: this.id, at: turnNow(this.target.clock), bytes, wireBytes: bytes + headerBytes(bytes, masked), bufferedBytes });
	}

	#tell(body: EventBody): void {
		hub.emit({ ...body, id: this.id, at: this.target.clock.now() } as ProbeEvent);
	}

	#move(to: ConnectionState): void {
		const from = this.#state;
		const frames = this.#messages;
		this.#state = to;
		this.#messages = 0;
		this.#tell({ type: 'state', from, to, frames });
	}
}

/** The part of a WebSocket that every platform's has. */
export interface SocketLike {
	readonly readyState: number;
	readonly url: string;
	readonly bufferedAmount: number;
}

export const CONNECTING = 0;
export const OPEN = 1;
export const CLOSING = 2;
const CLOSED = 3;

/** The record of a socket; null when it is not to be observed, undefined when it was not looked at yet. */
export function observed(target: Target, socket: object): ObservedSocket | null | undefined {
	const record = state.sockets.get(socket);
	// Of an install that is gone: the next one looks again.
	if (record?.target.live) return record;
	return target.refused.has(socket) ? null : undefined;
}

/**
 * Begins a record, at construction or at the first sign of life of a socket older than the patch.
 * @param from address of the peer, where this side accepted the socket.
 * @returns null for a socket that is claimed, excluded, or already at its end.
 */
export function adopt(target: Target, socket: SocketLike, remote: string, masks: boolean, from?: string): ObservedSocket | null {
	const wanted = socket.readyState < CLOSING && !hub.sockets.get(socket)?.claimedBy && target.observes(remote);
	if (!wanted) {
		target.refused.add(socket);
		return null;
	}
	const record = new ObservedSocket(target, masks);
	state.sockets.set(socket, record);
	hub.sockets.set(socket, record);
	record.created(remote, from);
	if (socket.readyState === OPEN) record.opened();
	return record;
}

// RFC 6455 section 5.2, for a message in one uncompressed frame: what the platform does beyond that it does not tell.
function headerBytes(bytes: number, masked: boolean): number {
	return (bytes < 126 ? 2 : bytes < 65536 ? 4 : 10) + (masked ? 4 : 0);
}
