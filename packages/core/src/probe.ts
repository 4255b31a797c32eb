import type { Unsubscribe } from './emitter.js';
import type { Payload } from './payload.js';
import { platform } from './platform.js';
import type { ConnectionState } from './state.js';

/**
 * What core tells whoever listens: ids and sizes, never payloads. Plain data, so that a recorded array of
 * events can be folded again. `at` is the clock's monotonic milliseconds; `created` also names the wall clock's,
 * so that durations are exact and times can be told.
 */
export type ProbeEvent =
	| CreatedEvent
	| { type: 'claimed'; id: string; at: number; socketId: string }
	| { type: 'state'; id: string; at: number; from: ConnectionState; to: ConnectionState; frames: number }
	| PluginEvent
	| { type: 'sent' | 'received'; id: string; at: number; bytes: number; wireBytes: number; bufferedBytes: number }
	| { type: 'wire'; id: string; at: number; bytesOut: number; bytesIn: number }
	| { type: 'note'; id: string; at: number; note: Note }
	| ErrorEvent
	| ClosedEvent;

export interface CreatedEvent {
	type: 'created';
	id: string;
	at: number;
	/** Milliseconds since 1970 at `at`. */
	epoch: number;
	role: 'initiator' | 'acceptor' | 'observed';
	transport: string;
	/** Unredacted: the registry redacts before it keeps it. */
	remote: string;
	/** Address of the peer, where this side accepted an observed socket; `remote` is then the URL it asked for. */
	from?: string;
	label?: string;
	tags?: Readonly<Record<string, string>>;
	link?: LinkInfo;
}

/** A plugin joined or left the chain. `counters` stays live: the connection goes on counting in it. */
export interface PluginEvent {
	type: 'plugin';
	id: string;
	at: number;
	action: 'added' | 'removed';
	name: string;
	/** Place in the chain, wire side first. */
	position: number;
	counters: PluginCounters;
}

export interface PluginCounters {
	messagesIn: number;
	messagesOut: number;
	bytesIn: number;
	bytesOut: number;
	/** Nanoseconds a message, from samples; null until one was taken, and where the clock is too coarse (browsers). */
	nsPerMessage: number | null;
}

export interface ErrorEvent {
	type: 'error';
	id: string;
	at: number;
	kind: ErrorKind;
	code: string | null;
	message: string;
}

export type ErrorKind = 'connection' | 'protocol' | 'auth' | 'encryption' | 'pairing' | 'plugin' | 'application';

export interface ClosedEvent {
	type: 'closed';
	id: string;
	at: number;
	/** FAILED or CLOSED. */
	state: ConnectionState;
	code: number;
	reason: string;
	wasClean: boolean;
	initiatedBy: 'local' | 'remote' | 'network';
	errorCode: string | null;
}

/** The reconnecting link a connection belongs to. */
export interface LinkInfo {
	id: string;
	/** 1 for the first connection of the link. */
	generation: number;
	/** Id of the connection it took over from. */
	replaces: string | null;
}

/** The vocabulary of what plugins and connections say besides the events above. */
export type Note =
	| { kind: 'latency'; rttMs: number; jitterMs?: number }
	| { kind: 'stage'; name: StageName; startedAt: number; durationMs: number; messages: number; outcome: 'ok' | 'failed' | 'aborted'; code?: string }
	| { kind: 'security'; stage: 'auth' | 'encrypt' | 'pair'; outcome: 'ok' | 'refused'; peer?: string; code?: string }
	| { kind: 'peer'; fingerprint: string }
	| { kind: 'network'; online: boolean; connectionType?: string }
	| { kind: 'suspended'; driftMs: number }
	| { kind: 'path'; path: string; candidatesTried: number; upgradedFrom: string | null }
	| { kind: 'plugin'; name: string; text: string }
	| { kind: 'tags'; label?: string; tags?: Readonly<Record<string, string>> }
	| { kind: 'listeners'; on: string; count: number };

export type StageName = 'validate' | 'discover' | 'connect' | 'auth' | 'encrypt' | 'pair' | 'sync' | 'total';

export type Probe = (event: ProbeEvent) => void;

/** A read-only loan of payloads, set only while a payload mode asks for it. */
export type PayloadTap = (id: string, direction: 'sent' | 'received', payload: Payload) => void;

/** What is known of a raw socket: its record, and the connection that claimed it. */
export interface SocketEntry {
	readonly id: string;
	claimedBy: string | null;
}

/**
 * The hub all copies of this package share (a page may bundle two). Its shape is therefore frozen:
 * a change gets a new symbol.
 */
export interface ProbeHub {
	/** True while a probe listens: the hot path asks this and nothing else. */
	active: boolean;
	/** Raised by each subscription: connections introduce themselves anew to a probe that came later. */
	generation: number;
	/** Null while no payload mode asks for payloads. */
	tap: PayloadTap | null;
	/** Sockets that a patch observed or a connection claimed. */
	readonly sockets: WeakMap<object, SocketEntry>;
	/** Probes taken out because they threw. */
	faults: number;
	emit(event: ProbeEvent): void;
	subscribe(probe: Probe): Unsubscribe;
	/** A fresh id, unique in this realm: 'c1', 'c2', … */
	nextId(): string;
}

const HUB = Symbol.for('@linkscope/core/probes@1');

function createHub(): ProbeHub {
	let probes: readonly Probe[] = [];
	let lastId = 0;
	function remove(probe: Probe): void {
		probes = probes.filter((other) => other !== probe);
		hub.active = probes.length > 0;
	}
	const hub: ProbeHub = {
		active: false,
		generation: 0,
		tap: null,
		sockets: new WeakMap(),
		faults: 0,
		emit(event) {
			const current = probes;
			for (let i = 0; i < current.length; i++) {
				const probe = current[i] as Probe;
				try {
					probe(event);
				} catch (error) {
					// The observed application never notices: counted, said once, and out with it.
					hub.faults++;
					remove(probe);
					platform.console?.error('linkscope: a probe threw and was removed', error);
				}
			}
		},
		subscribe(probe) {
			const entry: Probe = (event) => probe(event);
			probes = [...probes, entry];
			hub.active = true;
			hub.generation++;
			return () => remove(entry);
		},
		nextId: () => `c${++lastId}`,
	};
	return hub;
}

/** The one hub of this realm. */
export const hub: ProbeHub = (() => {
	const realm = globalThis as unknown as Record<symbol, ProbeHub | undefined>;
	const existing = realm[HUB];
	if (existing) return existing;
	const created = createHub();
	Object.defineProperty(realm, HUB, { value: created, enumerable: false, configurable: true, writable: false });
	return created;
})();
