import type { Chain, Slot } from './chain.js';
import { type Clock, turnNow } from './clock.js';
import { codeOf } from './errors.js';
import { type ErrorKind, hub, type LinkInfo, type Note, type ProbeEvent } from './probe.js';
import type { ConnectionState } from './state.js';
import type { CloseInfo, Transport } from './transport.js';

/** What does not change about the connection that is reported on. */
export interface ReportedConnection {
	readonly id: string;
	readonly clock: Clock;
	readonly transport: Transport;
	readonly chain: Chain;
	readonly role: 'initiator' | 'acceptor';
	readonly label?: string;
	readonly tags?: Readonly<Record<string, string>>;
	readonly link?: LinkInfo;
}

type EventBody<E = ProbeEvent> = E extends ProbeEvent ? Omit<E, 'id' | 'at'> : never;

/** Tells the probe hub about one connection; costs one check where nobody listens. */
export class Reporter {
	/** The hub's generation that knows of this connection. */
	#announcedTo = 0;
	#socket: object | null = null;
	#state: ConnectionState = 'INITIALIZING';
	/** Frames and bytes on the wire since they were last told. */
	#frames = 0;
	#bytesOut = 0;
	#bytesIn = 0;
	readonly #about: ReportedConnection;

	constructor(about: ReportedConnection) {
		this.#about = about;
		if (hub.active) this.#announce();
	}

	countWire(bytesOut: number, bytesIn: number): void {
		this.#bytesOut += bytesOut;
		this.#bytesIn += bytesIn;
		this.#frames++;
	}

	sent(bytes: number, bufferedBytes: number): void {
		const wireBytes = this.#bytesOut;
		this.#bytesOut = 0;
		if (this.#announcedTo !== hub.generation) this.#announce();
		hub.emit({ type: 'sent', id: this.#about.id, at: turnNow(this.#about.clock), bytes, wireBytes, bufferedBytes });
	}

	received(bytes: number, bufferedBytes: number): void {
		const wireBytes = this.#bytesIn;
		this.#bytesIn = 0;
		if (this.#announcedTo !== hub.generation) this.#announce();
		hub.emit({ type: 'received', id: this.#about.id, at: turnNow(this.#about.clock), bytes, wireBytes, bufferedBytes });
	}

	/** Wire bytes that no message accounted for: control frames, handshakes. */
	wire(): void {
		const bytesOut = this.#bytesOut;
		const bytesIn = this.#bytesIn;
		if (bytesOut === 0 && bytesIn === 0) return;
		this.#bytesOut = 0;
		this.#bytesIn = 0;
		if (!hub.active) return;
		if (this.#announcedTo !== hub.generation) this.#announce();
		// As for messages, and not by #tell: a plugin that gathers them has one of these for every record.
		hub.emit({ type: 'wire', id: this.#about.id, at: turnNow(this.#about.clock), bytesOut, bytesIn });
	}

	state(from: ConnectionState, to: ConnectionState): void {
		const frames = this.#frames;
		this.#frames = 0;
		this.wire();
		this.#tell({ type: 'state', from, to, frames });
		this.#state = to;
	}

	closed(state: ConnectionState, info: CloseInfo, failure: Error | null): void {
		const { code, reason, wasClean, initiatedBy } = info;
		this.#tell({ type: 'closed', state, code, reason, wasClean, initiatedBy, errorCode: codeOf(info.error ?? failure) });
	}

	error(error: Error, kind: ErrorKind): void {
		this.#tell({ type: 'error', kind, code: codeOf(error), message: error.message });
	}

	note(note: Note): void {
		this.#tell({ type: 'note', note });
	}

	plugin(slot: Slot, action: 'added' | 'removed', position: number): void {
		this.#tell({ type: 'plugin', action, name: slot.plugin.name, position, counters: slot.counters });
	}

	/** 'This socket is mine': a record of the WebSocket patch merges into this connection's. */
	claim(socket: object): void {
		const { id } = this.#about;
		const entry = hub.sockets.get(socket);
		this.#socket = socket;
		if (entry) entry.claimedBy = id;
		else hub.sockets.set(socket, { id, claimedBy: id });
		if (entry && entry.id !== id) this.#tell({ type: 'claimed', socketId: entry.id });
	}

	#tell(body: EventBody): void {
		if (!hub.active) return;
		if (this.#announcedTo !== hub.generation) this.#announce();
		// Each caller's own literal, made for this: spreading objects of so many shapes leaves the fast path of engines.
		hub.emit(Object.assign(body, { id: this.#about.id, at: this.#about.clock.now() }) as ProbeEvent);
	}

	/** A connection introduces itself at its first event, and again to a probe that came later. */
	#announce(): void {
		this.#announcedTo = hub.generation;
		const { id, clock, transport, chain, role, label, tags, link } = this.#about;
		const at = clock.now();
		hub.emit({ type: 'created', id, at, epoch: clock.epoch(), role, transport: transport.kind, remote: transport.remote, label, tags, link });
		for (const [position, slot] of chain.slots.entries()) this.plugin(slot, 'added', position);
		if (this.#state !== 'INITIALIZING') hub.emit({ type: 'state', id, at, from: 'INITIALIZING', to: this.#state, frames: 0 });
		if (this.#socket) this.claim(this.#socket);
	}
}
