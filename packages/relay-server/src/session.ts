import { type Clock, codeOf, type Unsubscribe } from '@linkscope/core';
import { parseObject } from '@linkscope/crypto/nacl';
import type { Caller, Calls } from './calls.js';
import { NativeConversation } from './protocols/native.js';
import { OneConversation } from './protocols/one.js';
import { type Goodbye, goodbyeFor, isRefusal, type Refusal, restarting } from './refusals.js';
import type { Registrations } from './registrations.js';
import type { RelayKeys } from './relay-keys.js';
import { Spare, type SpareOptions } from './spare.js';
import type { RelaySocket, SocketEnd, SocketEvents } from './wire/relay-socket.js';

/** What all sessions of a relay share. */
export interface SessionParts {
	readonly clock: Clock;
	readonly keys: RelayKeys;
	/** Whether this address is the relay's own. Told apart from others, so that nothing said to another relay is worth anything here. */
	isOwnOrigin(origin: string): boolean;
	readonly takesOne: boolean;
	readonly handshakeTimeoutMs: number;
	readonly pingIntervalMs: number;
	readonly registrations: Registrations;
	readonly calls: Calls;
	/** Unique in the cluster. */
	nextId(): string;
	readonly events: SessionEvents;
	ended(session: Session): void;
}

export interface SessionEvents {
	registered(spare: Spare): void;
	refused(session: Session, refusal: Refusal): void;
	/** A mistake of ours: the connection ends with 4500, the others go on. */
	failed(error: unknown): void;
}

/** One protocol's talk with one client, until it waits or is spliced. */
export interface Conversation {
	readonly isOne: boolean;
	/** @throws CryptoError for what is no message, or not the one that must come now. */
	receive(text: string): void;
}

/** One connection of a client, from its first message to its end. */
export class Session implements SocketEvents, Caller {
	readonly socket: RelaySocket;
	/** What its limits are counted by. */
	readonly group: string;
	readonly #parts: SessionParts;
	#cancelTimeout: Unsubscribe | null;
	/** Of the handshake alone: 10,000 that wait hold nothing of it. */
	#conversation: Conversation | null = null;
	#spare: Spare | null = null;
	#isOne = false;
	#isSpliced = false;

	constructor(socket: RelaySocket, group: string, parts: SessionParts) {
		this.socket = socket;
		this.group = group;
		this.#parts = parts;
		this.#cancelTimeout = parts.clock.after(parts.handshakeTimeoutMs, () => this.refuse('HANDSHAKE_TIMEOUT'));
		socket.start(this);
	}

	get isOne(): boolean {
		return this.#isOne;
	}

	text(text: string): void {
		this.#guard(() => {
			if (this.#spare !== null) return this.#spare.receive(text);
			this.#conversation ??= this.#firstWords(text);
			this.#conversation?.receive(text);
		});
	}

	closed(): void {
		this.#leave();
		this.#parts.ended(this);
	}

	/** The socket itself refuses bytes and long texts. */
	refusal(end: SocketEnd): SocketEnd {
		if (!isRefusal(end.reason)) return end;
		this.#parts.events.refused(this, end.reason);
		this.#leave();
		return goodbyeFor(end.reason, this.#isOne);
	}

	refuse(refusal: Refusal): void {
		if (!this.socket.isOpen) return;
		this.#parts.events.refused(this, refusal);
		this.end(goodbyeFor(refusal, this.#isOne));
	}

	end({ code, reason }: Goodbye): void {
		this.#leave();
		this.socket.close(code, reason);
	}

	/** Begins to wait, or is refused. @param welcome says that it waits. */
	wait(options: Pick<SpareOptions, 'key' | 'hints' | 'words'>, welcome: string): void {
		const { clock, pingIntervalMs, registrations, events, nextId } = this.#parts;
		const { socket, group } = this;
		const spare = new Spare({ ...options, id: nextId(), socket, group, clock, pingIntervalMs, client: this });
		const refusal = registrations.add(spare);
		if (refusal !== null) return this.refuse(refusal);
		this.#spare = spare;
		this.#settle();
		socket.send(welcome);
		events.registered(spare);
	}

	spliced(): void {
		this.#isSpliced = true;
		this.#spare = null;
		this.#settle();
	}

	/** The relay goes down: whoever is not spliced is told to come back. */
	restart(): void {
		if (!this.#isSpliced) this.end(restarting(this.#isOne));
	}

	/** For what takes longer than a turn. */
	run(task: () => Promise<void>): void {
		task().catch((error) => this.#fail(error));
	}

	/** docs/protocol.md#relay: the first frame of a connection has a `type`, or a `command`. */
	#firstWords(text: string): Conversation | null {
		const isNative = Object.hasOwn(parseObject(text), 'type');
		this.#isOne = !isNative;
		if (isNative) return new NativeConversation(this, this.#parts);
		if (this.#parts.takesOne) return new OneConversation(this, this.#parts);
		this.refuse('RELAY_ONE_OFF');
		return null;
	}

	/** Nothing of the handshake is left: no timer, no nonce. */
	#settle(): void {
		this.#cancelTimeout?.();
		this.#cancelTimeout = null;
		this.#conversation = null;
	}

	#leave(): void {
		this.#settle();
		if (this.#spare === null) return;
		this.#spare.stop();
		this.#parts.registrations.gone(this.#spare, true);
	}

	#guard(fn: () => void): void {
		try {
			fn();
		} catch (error) {
			const refusal = refusalOf(error);
			if (refusal === null) this.#fail(error);
			else this.refuse(refusal);
		}
	}

	#fail(error: unknown): void {
		this.#parts.events.failed(error);
		this.end({ code: 4500, reason: 'internal error' });
	}
}

/** What readers and ciphers say of a peer's message. Null: nothing that a peer may cause. */
function refusalOf(error: unknown): Refusal | null {
	switch (codeOf(error)) {
		case 'MALFORMED_FRAME':
			return 'MALFORMED_FRAME';
		case 'PROTOCOL_ORDER':
			return 'PROTOCOL_ORDER';
		case 'WEAK_KEY':
		case 'DECRYPT_FAILED':
			return 'AUTH_FAILED';
		default:
			return null;
	}
}
