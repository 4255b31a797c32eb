import { byteLength, type CloseInfo, codeOf, type Payload, type Plugin, type PluginHost, type Wire } from '@linkscope/core';
import { Acknowledgements } from './acknowledgements.js';
import type { ContinuitySession } from './continuity-session.js';
import { refused } from './refused.js';
import { ACKNOWLEDGED, END, SessionFrames, UNNUMBERED } from './session-frames.js';
import type { Carrier, SessionState } from './session-state.js';

/** Agrees with the peer on a session that this connection carries. */
export type JoinSession = (carrier: Carrier, wire: Wire) => Promise<ContinuitySession>;

// What a side may send before it knows that the other is ACTIVE: handshakes above have a bounded inbox.
const EARLY_MESSAGES = 64;
const EARLY_BYTES = 64 * 1024;

const REFUSALS: ReadonlySet<string | null> = new Set(['MESSAGE_TOO_BIG', 'SEND_QUEUE_FULL']);

/**
 * Carries a session over one connection; `ContinuitySession.plugin()` and `ContinuitySessions.plugin()` make it. It goes above
 * encryption, pairing, compression and fragmentation: what plugins above it keep inside is lost with their connection.
 *
 * Messages have no number on the wire; both ends count. Control frames (text): 'a' and the number of messages received, in base 36,
 * first of all when a side is ACTIVE; 'e' and the same: no message follows. 'u', of the message's kind: sent by a plugin above before ACTIVE, not counted.
 */
export class ContinuityPlugin implements Plugin, Carrier {
	readonly name = 'continuity';
	readonly needs = { ordered: true, reliable: true };
	readonly #frames = new SessionFrames();
	readonly #join: JoinSession;
	#host!: PluginHost;
	#session: ContinuitySession | null = null;
	#state: SessionState | null = null;
	#acks!: Acknowledgements;
	#active = false;
	#peerActive = false;
	/** Sent before the peer was known to be ACTIVE; received before this side was. */
	#earlyMessages = 0;
	#earlyBytes = 0;
	#held: Payload[] = [];
	#heldBytes = 0;
	/** The transport asked for a pause; an acknowledgement waits for its end. */
	#busy = false;
	#ackDue = false;
	#fenced = false;
	#ending = false;
	#endSent = false;
	#peerEnded = false;
	#ended = (): void => {};

	constructor(join: JoinSession) {
		this.#join = join;
	}

	/** The session this connection carries; null until its handshake is done. */
	get session(): ContinuitySession | null {
		return this.#session;
	}

	get connectionId(): string {
		return this.#host.connectionId;
	}

	attach(host: PluginHost): void {
		this.#host = host;
		this.#acks = new Acknowledgements(host.clock, () => this.#acknowledge());
	}

	async handshake(wire: Wire): Promise<void> {
		try {
			this.#session = await this.#join(this, wire);
			const { generation } = this.#session;
			this.#host.note({ kind: 'plugin', name: this.name, text: generation === 1 ? 'a new session' : `connection ${generation} of a session` });
		} catch (error) {
			const code = codeOf(error);
			if (code === 'CONTINUITY_REFUSED') this.#host.note({ kind: 'security', stage: 'auth', outcome: 'refused', code });
			if (code === 'CONTINUITY_LOST') this.#host.note({ kind: 'plugin', name: this.name, text: 'continuity_lost' });
			throw error;
		}
	}

	carry(state: SessionState): void {
		this.#state = state;
	}

	active(): void {
		if (this.#fenced) return;
		this.#active = true;
		for (const frame of this.#held.splice(0)) {
			const message = this.incoming(frame);
			if (message !== null) this.#host.deliverUp(message);
		}
		this.#acknowledge();
		this.pump();
	}

	outgoing(payload: Payload): Payload | null {
		if (this.#active || this.#fenced) {
			this.take(payload);
			return null;
		}
		// The handshake of a plugin above: it belongs to this connection, not to the session.
		return this.#frames.unnumbered(payload);
	}

	take(payload: Payload): void {
		const { outbox, carrier } = this.#carried;
		outbox.push(payload);
		if (this.#fenced) return carrier?.pump();
		if (outbox.waiting > 1 || !this.#maySend()) return;
		try {
			this.#sendNext();
		} catch (error) {
			// These refuse the message; whatever else is thrown ends the connection, and the message waits for the next.
			if (REFUSALS.has(codeOf(error))) outbox.withdraw();
			throw error;
		}
	}

	incoming(payload: Payload): Payload | null {
		if (this.#fenced) return null;
		const kind = this.#frames.kindOf(payload);
		const body = kind === null ? payload : this.#frames.bodyOf(payload);
		if (kind === ACKNOWLEDGED) this.#acknowledged(this.#frames.countIn(body));
		else if (kind === UNNUMBERED) return this.#unnumbered(body);
		else if (!this.#active) this.#hold(payload);
		else if (kind === END) this.#peerEnds(this.#frames.countIn(body));
		else if (kind === null || kind === '=') return this.#message(body);
		else throw this.#frames.malformed('an unknown kind of frame');
		return null;
	}

	drained(): void {
		this.#busy = false;
		if (this.#ackDue) this.#acknowledge();
		this.pump();
	}

	heldBytes(): number {
		return this.#fenced ? 0 : (this.#state?.outbox.pressureBytes ?? 0);
	}

	/** Sends what waits, and waits until the peer has it: the session ends with its connection. */
	closing(): Promise<void> | undefined {
		if (this.#fenced || !this.#active) return undefined;
		this.#ending = true;
		this.pump();
		if (this.#isDone) return undefined;
		return new Promise((resolve) => {
			this.#ended = resolve;
		});
	}

	closed(_info: CloseInfo): void {
		this.#acks.stop();
		this.#held = [];
		this.#ended();
		if (!this.#state || this.#fenced) return;
		if (this.#ending) this.#state.finish();
		else this.#state.release(this);
	}

	pump(): void {
		try {
			while (this.#maySend() && this.#carried.outbox.waiting > 0) this.#sendNext();
			if (this.#ending && this.#maySend()) this.#sendEnd();
		} catch (error) {
			// Taken from its sender before this connection was there to refuse it.
			this.#host.fail(error as Error);
		}
	}

	fenced(): void {
		this.#fenced = true;
		this.#acks.stop();
		this.#ended();
		this.#host.close('New connection replaced old one');
	}

	close(): void {
		this.#host.close('Close called.');
	}

	#maySend(): boolean {
		if (!this.#active || this.#busy || this.#fenced || this.#endSent) return false;
		const { outbox } = this.#carried;
		if (this.#peerActive || outbox.waiting === 0) return true;
		return this.#earlyMessages < EARLY_MESSAGES && this.#earlyBytes + outbox.nextBytes <= EARLY_BYTES;
	}

	/** @throws TransportError MESSAGE_TOO_BIG of the transport, or of a plugin below. */
	#sendNext(): void {
		this.#acks.ride();
		if (!this.#peerActive) {
			this.#earlyMessages++;
			this.#earlyBytes += this.#carried.outbox.nextBytes;
		}
		this.#send(this.#frames.wrap(this.#carried.outbox.next()));
	}

	/** As few as may be wait in a busy transport: an acknowledgement counts for all before it. */
	#acknowledge(): void {
		this.#ackDue = this.#busy;
		if (!this.#busy) this.#tell(ACKNOWLEDGED);
	}

	#sendEnd(): void {
		this.#endSent = true;
		this.#tell(END);
	}

	#tell(kind: string): void {
		this.#acks.told();
		this.#send(this.#frames.counting(kind, this.#carried.received));
	}

	#send(frame: Payload): void {
		if (!this.#host.sendDown(frame)) this.#busy = true;
	}

	#message(message: Payload): Payload {
		if (this.#peerEnded) throw refused('a message came after the end of the session');
		this.#carried.received++;
		this.#acks.arrived(message.length);
		return message;
	}

	#hold(frame: Payload): void {
		this.#heldBytes += byteLength(frame);
		this.#held.push(frame);
		// One frame of the end, and what marks messages, are beside the bound.
		if (this.#held.length > EARLY_MESSAGES + 1 || this.#heldBytes > EARLY_BYTES + 1024) {
			throw refused(`more than ${EARLY_MESSAGES} messages or ${EARLY_BYTES} bytes came before this side was ACTIVE`);
		}
	}

	#unnumbered(body: Payload): Payload {
		if (this.#peerActive) throw refused('a handshake frame came after the handshakes');
		return body;
	}

	#acknowledged(received: number): void {
		const { outbox } = this.#carried;
		if (!outbox.isPossible(received)) throw refused(`${received} messages were acknowledged; it can be ${outbox.acknowledged} to ${outbox.sent}`);
		outbox.acknowledge(received);
		this.#peerActive = true;
		this.#carried.isSettled = true;
		this.pump();
		if (this.#isDone) this.#ended();
	}

	#peerEnds(received: number): void {
		if (this.#peerEnded) throw refused('the session ended twice');
		this.#peerEnded = true;
		this.#ending = true;
		// What it sent before its end is all here, and it waits to hear that.
		if (this.#endSent) this.#acknowledge();
		this.#acknowledged(received);
	}

	get #isDone(): boolean {
		const { outbox } = this.#carried;
		return this.#endSent && this.#peerEnded && outbox.acknowledged === outbox.sent;
	}

	/** Set before anything can flow. */
	get #carried(): SessionState {
		return this.#state as SessionState;
	}
}
