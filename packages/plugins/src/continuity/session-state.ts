import { type Clock, ConnectionError, Emitter, hub, type Payload, type Unsubscribe } from '@linkscope/core';
import { defaultPrimitives, encodeBase64url, wipe } from '@linkscope/crypto';
import type { LinkscopeChannel } from '../linkscope-channel.js';
import { refused } from './refused.js';
import { ResendBuffer } from './resend-buffer.js';

/** The end of a session that could not go on. */
export interface ContinuityLost {
	/** ConnectionError CONTINUITY_LOST; its message says why. */
	readonly error: ConnectionError;
	/** What was accepted here and never acknowledged, oldest first: it may or may not have arrived. */
	readonly unacknowledged: readonly Payload[];
}

/** The plugin of the connection that carries a session. */
export interface Carrier {
	readonly connectionId: string;
	/** From here on it carries this session. */
	carry(session: SessionState): void;
	/** Sends on: there is something new, or room for it. */
	pump(): void;
	/** A message of the session's owner. @throws TransportError MESSAGE_TOO_BIG, ConnectionError SEND_QUEUE_FULL. */
	take(payload: Payload): void;
	/** Another connection carries the session from now on. */
	fenced(): void;
	/** Ends the connection, and with it the session, in good order. */
	close(): void;
}

/** What both ends agreed on with the first connection. */
export interface Agreement {
	/** Chosen by the dialling end: 22 characters of base64url. */
	readonly id: string;
	readonly secret: Uint8Array;
	readonly peerIdentity: Uint8Array;
	/** Its fingerprint. */
	readonly peer: string;
}

export function agreementOn(id: string, channel: LinkscopeChannel): Agreement {
	return { id, peer: channel.peer, secret: channel.exportSecret('continuity').slice(), peerIdentity: channel.peerIdentity.slice() };
}

export interface SessionLimits {
	readonly windowMs: number;
	readonly maxBufferedBytes: number;
	readonly clock: Clock;
}

/** One end of a session: what it has sent and received, and which connection carries it. */
export class SessionState {
	readonly lost = new Emitter<ContinuityLost>();
	readonly outbox: ResendBuffer;
	/** What the dialling end calls it. */
	readonly proposedId = encodeBase64url(defaultPrimitives().randomBytes(16));
	/** So many messages of the peer were delivered. */
	received = 0;
	/** Of the connection that carries it: the first, the second, … that tried to. */
	generation = 0;
	/** At the accepting end: the peer has said that it knows of the session. Until then it may begin it anew on another connection. */
	isSettled = false;
	/** Told once, when the session is over. */
	onOver = (): void => {};
	#agreed: Agreement | null = null;
	#carrier: Carrier | null = null;
	#over: ConnectionError | null = null;
	#connectionId: string | null = null;
	#idleSinceMs = 0;
	#cancelWindow: Unsubscribe | null = null;
	readonly #limits: SessionLimits;

	constructor(limits: SessionLimits) {
		this.#limits = limits;
		this.outbox = new ResendBuffer(limits.maxBufferedBytes);
	}

	get agreed(): Agreement | null {
		return this.#agreed;
	}

	get carrier(): Carrier | null {
		return this.#carrier;
	}

	/** Why it cannot be used any more; null while it lives. */
	get over(): ConnectionError | null {
		return this.#over;
	}

	/** When its last connection went, on the session's clock. */
	get idleSinceMs(): number {
		return this.#idleSinceMs;
	}

	/** @throws ConnectionError CONTINUITY_LOST or CONNECTION_CLOSED where the session is over. */
	assertLiving(): void {
		if (this.#over) throw this.#over;
	}

	/** The first connection gives the session the secret that later ones prove. */
	agree(agreement: Agreement): void {
		this.#agreed = agreement;
	}

	/** From here on this connection carries the session, and the one before it delivers nothing more. */
	begin(carrier: Carrier, generation: number): void {
		const old = this.#carrier;
		this.#carrier = carrier;
		this.#connectionId = carrier.connectionId;
		this.generation = generation;
		// Runs until the peer has agreed: tries that lead nowhere do not make the window longer.
		this.#startWindow();
		carrier.carry(this);
		old?.fenced();
	}

	/** Both ends agree on who carries it. */
	confirm(): void {
		this.#cancelWindow?.();
		this.#cancelWindow = null;
	}

	/** @throws HandshakeError CONTINUITY_REFUSED where the peer cannot have received so many. */
	resume(received: number): void {
		const { outbox } = this;
		if (!outbox.isPossible(received)) {
			throw refused(`the peer says it has ${received} messages; it can have ${outbox.acknowledged} to ${outbox.sent}`);
		}
		outbox.resume(received);
	}

	/** Its connection has ended. */
	release(carrier: Carrier): void {
		if (this.#carrier !== carrier) return;
		this.#carrier = null;
		this.#startWindow();
	}

	/** It ends as somebody wished; what the peer has not acknowledged is reported all the same. */
	finish(): void {
		if (this.#over) return;
		if (this.outbox.bytes > 0) this.lose('it was closed');
		else this.#end(new ConnectionError('CONNECTION_CLOSED', 'continuity: the session was closed'));
	}

	/** It cannot go on, and says so. */
	lose(why: string): void {
		if (this.#over) return;
		const unacknowledged = this.outbox.clear();
		const error = new ConnectionError(
			'CONTINUITY_LOST',
			`continuity: ${why}; ${unacknowledged.length} sent messages were not acknowledged and may not have arrived`,
		);
		this.#end(error);
		this.#report(error);
		this.lost.emit({ error, unacknowledged });
	}

	#end(error: ConnectionError): void {
		this.#over = error;
		this.confirm();
		if (this.#agreed) wipe(this.#agreed.secret);
		this.onOver();
	}

	/** Filed under the last connection; that one may be gone long since, so no plugin host can say it. */
	#report({ code, message }: ConnectionError): void {
		const id = this.#connectionId;
		if (hub.active && id !== null) hub.emit({ type: 'error', id, at: this.#limits.clock.now(), kind: 'connection', code, message });
	}

	#startWindow(): void {
		const { clock, windowMs } = this.#limits;
		if (this.#over || !this.#agreed || this.#cancelWindow) return;
		this.#idleSinceMs = clock.now();
		this.#cancelWindow = clock.after(windowMs, () => this.lose(`no connection took it up within ${windowMs} ms`));
	}
}
