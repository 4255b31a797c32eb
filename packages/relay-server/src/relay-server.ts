import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Unsubscribe } from '@linkscope/core';
import { encodeBase64url } from '@linkscope/crypto';
import { Calls } from './calls.js';
import { Clients } from './clients.js';
import { type Call, CLUSTER_PATH, type LocalNode } from './cluster/cluster.js';
import { Journal } from './journal.js';
import { Admission, type AdmissionLimit } from './limits/admission.js';
import { addressGroup, clientAddress } from './limits/client-address.js';
import { Links } from './links.js';
import { RelayMetrics } from './metrics.js';
import { checkedOptions, type RelayServerOptions, type RelaySettings } from './options.js';
import { ownOrigins } from './origins.js';
import { createPages } from './pages.js';
import { Port, refuseUpgrade } from './port.js';
import { REPLACED, restarting } from './refusals.js';
import { isOneKey } from './registration-key.js';
import { Registrations } from './registrations.js';
import { RelayError } from './relay-error.js';
import { type RelayKeys, relayKeys } from './relay-keys.js';
import type { SessionParts } from './session.js';
import type { Spare } from './spare.js';
import { Splices } from './splices.js';
import { HeldBytes } from './wire/held-bytes.js';
import type { RelaySocket } from './wire/relay-socket.js';
import { SocketAcceptor } from './wire/socket-acceptor.js';

export interface RelayAddress {
	host: string;
	port: number;
	/** ws: or wss:, as this machine dials it. */
	url: string;
}

export interface RelayServer {
	/** For clients that pin it: an Ed25519 key, 32 bytes. */
	readonly publicKey: Uint8Array;
	/** The same in a form that people compare. */
	readonly fingerprint: string;
	/** What ONE's clients know it by: a Curve25519 key, 32 bytes. */
	readonly onePublicKey: Uint8Array;
	/** Null until it listens. */
	readonly address: RelayAddress | null;
	/** Of this moment. `remembered` counts the entries of all maps: 0 when everybody has gone and the rate limits have forgotten them. */
	readonly counts: { connections: number; waiting: number; splices: number; remembered: number };
	/** Resolves when clients are taken. @throws RelayError LISTEN_FAILED, TLS_UNREADABLE, and what the cluster says of its registry. */
	listen(): Promise<RelayAddress>;
	/** Takes no more, tells those who wait to come back, lets splices go on for `drainTimeoutMs`, then ends them. Resolves when all is over, at most 3 s later. */
	drain(): Promise<void>;
	/** The same without the wait. */
	close(): Promise<void>;
}

/**
 * A relay for the native protocol and ONE's, on one port (docs/protocol.md#relay).
 * @throws RangeError, TypeError naming the option.
 */
export function createRelayServer(options: RelayServerOptions = {}): RelayServer {
	return new Relay(checkedOptions(options));
}

/** For the goodbyes, and what was written before them. */
const LAST_WORDS_MS = 3_000;

class Relay implements RelayServer, LocalNode {
	readonly #settings: RelaySettings;
	readonly #keys: RelayKeys;
	readonly #journal: Journal;
	readonly #acceptor: SocketAcceptor;
	readonly #admission: Admission;
	readonly #links: Links;
	readonly #registrations: Registrations;
	readonly #calls: Calls;
	readonly #splices: Splices;
	readonly #port: Port;
	readonly #clients: Clients;
	#origins: ReadonlySet<string> = new Set();
	#address: RelayAddress | null = null;
	#listening: Promise<RelayAddress> | null = null;
	#takesClients = false;
	#ending: Promise<void> | null = null;
	#cancelCutOff: Unsubscribe = () => {};

	constructor(settings: RelaySettings) {
		const { clock, limits, cluster, metricsToken } = settings;
		this.#settings = settings;
		this.#keys = relayKeys(settings.identity);
		this.#acceptor = new SocketAcceptor(clock);
		this.#admission = new Admission(clock, limits);
		this.#links = new Links(this.#admission);
		const metrics = new RelayMetrics({
			connections: () => this.#admission.open,
			waiting: () => this.#registrations.size,
			splices: () => this.#splices.count,
			splicedBytes: () => this.#splices.bytes,
			...(cluster && { clusterIsHealthy: () => cluster.isHealthy }),
		});
		this.#journal = new Journal(settings.log, clock, metrics);
		this.#registrations = new Registrations(clock, limits, {
			added: (registration) => cluster?.added(registration),
			removed: (registration) => cluster?.removed(registration),
			replaced: (spare) => this.#replace(spare),
			limited: (limit) => this.#journal.limited(limit),
		});
		const { maxFrameBytes, heldBytesPerDirection, stallTimeoutMs, spliceDurationMs, spliceBytes } = limits;
		const heldInAll = new HeldBytes(limits.heldBytes, () => {
			this.#journal.limited('heldBytes');
			this.#splices.tighten();
		});
		const held = { maxFrameBytes, heldBytesPerDirection, heldInAll, stallTimeoutMs };
		this.#splices = new Splices({ clock, ...held, durationMs: spliceDurationMs, totalBytes: spliceBytes }, (end) => this.#journal.spliceEnded(end));
		this.#calls = new Calls(clock, limits, this.#registrations, cluster, {
			join: (call, caller, target) => this.#splices.join(caller, target, isOneKey(call.target)),
			outcome: (call, outcome) => this.#journal.call(call, outcome),
			limited: (limit) => this.#journal.limited(limit),
			failed: (error) => this.#journal.failed(error),
		});
		this.#port = new Port({
			host: settings.host,
			port: settings.port,
			tls: settings.tls,
			clock,
			upgradeTimeoutMs: limits.handshakeTimeoutMs,
			waitingPerAddress: settings.trustedProxies > 0 ? null : limits.connectionsPerAddress,
			maxSockets: 2 * limits.maxConnections,
			onRequest: createPages({
				isDraining: () => this.#ending !== null,
				metricsToken,
				metrics: async () => ({ contentType: metrics.contentType, text: await metrics.text() }),
			}),
			onUpgrade: (request, socket, head) => this.#upgrade(request, socket, head),
			onTurnedAway: (code, address) => this.#journal.turnedAway(code, address),
		});
		this.#clients = new Clients(this.#admission, this.#sessionParts());
	}

	get publicKey(): Uint8Array {
		return this.#keys.identity.publicKey;
	}

	get fingerprint(): string {
		return this.#keys.identity.fingerprint;
	}

	get onePublicKey(): Uint8Array {
		return this.#keys.one.publicKey;
	}

	get address(): RelayAddress | null {
		return this.#address;
	}

	get counts(): RelayServer['counts'] {
		const remembered = [this.#port, this.#admission, this.#registrations, this.#calls].reduce((sum, part) => sum + part.remembered, 0);
		return {
			connections: this.#admission.open,
			waiting: this.#registrations.size,
			splices: this.#splices.count,
			remembered: remembered + this.#clients.count + this.#links.count,
		};
	}

	listen(): Promise<RelayAddress> {
		if (this.#ending) return Promise.reject(new RelayError('LISTEN_FAILED', 'relay: it was closed: create a new one'));
		this.#listening ??= this.#startListening();
		return this.#listening;
	}

	drain(): Promise<void> {
		this.#ending ??= this.#end();
		return this.#ending;
	}

	close(): Promise<void> {
		this.#splices.hurry();
		this.#ending ??= this.#end();
		if (this.#clients.count > 0) this.#cutOffAfter(LAST_WORDS_MS);
		return this.#ending;
	}

	// The other nodes' view: LocalNode.

	registrations(): Iterable<Spare> {
		return this.#registrations;
	}

	evict(id: string): void {
		this.#registrations.evict(id);
	}

	connect(call: Call, accept: () => RelaySocket): boolean {
		return this.#calls.receive(call, accept);
	}

	#sessionParts(): Omit<SessionParts, 'ended'> {
		const { clock, one, limits, pingIntervalMs } = this.#settings;
		const node = encodeBase64url(randomBytes(9));
		let registered = 0;
		return {
			clock,
			keys: this.#keys,
			isOwnOrigin: (origin) => this.#origins.has(origin),
			takesOne: one,
			handshakeTimeoutMs: limits.handshakeTimeoutMs,
			pingIntervalMs,
			registrations: this.#registrations,
			calls: this.#calls,
			nextId: () => `${node}.${(registered++).toString(36)}`,
			events: this.#journal,
		};
	}

	async #startListening(): Promise<RelayAddress> {
		const { host, publicUrls, tls, cluster } = this.#settings;
		const { port } = await this.#port.listen();
		this.#origins = ownOrigins(publicUrls, { host, port, isTls: tls !== undefined });
		const reachable = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
		const url = `${tls ? 'wss' : 'ws'}://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
		this.#address = { host, port, url };
		try {
			await cluster?.start(this);
		} catch (error) {
			await this.#port.close();
			throw error;
		}
		this.#takesClients = true;
		this.#journal.note('info', 'listening', { url, identity: this.fingerprint });
		return this.#address;
	}

	#upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
		const { cluster, trustedProxies } = this.#settings;
		const address = clientAddress(request, trustedProxies);
		if (this.#ending !== null) {
			this.#journal.turnedAway('draining', address);
			return refuseUpgrade(stream, 503, 'this relay is draining: use another, or come back');
		}
		if (!this.#takesClients) return refuseUpgrade(stream, 503, 'this relay is starting: come back in a moment');
		const accept = (): RelaySocket | null => this.#acceptor.accept(request, stream, head, address);
		const isLink = cluster !== undefined && request.url?.split('?', 1)[0] === CLUSTER_PATH;
		const group = addressGroup(address);
		const limit = isLink ? this.#links.take(group, stream, cluster, accept) : this.#clients.take(group, accept);
		if (limit !== null) this.#turnAway(stream, limit, address);
	}

	#turnAway(stream: Duplex, limit: AdmissionLimit, address: string): void {
		const isRate = limit === 'connectionsPerSecondPerAddress';
		this.#journal.limited(limit);
		this.#journal.turnedAway(isRate ? 'RELAY_RATE' : 'RELAY_QUOTA', address);
		refuseUpgrade(stream, isRate ? 429 : 503, isRate ? 'too many connections a second from your address' : 'too many connections');
	}

	#replace(spare: Spare): void {
		this.#journal.note('info', 'replaced', { address: spare.socket.address });
		this.#clients.end(spare.socket, REPLACED);
	}

	/** A peer that takes its last words a byte at a time would keep the relay for hours. */
	#cutOffAfter(ms: number): void {
		this.#cancelCutOff();
		this.#cancelCutOff = this.#settings.clock.after(ms, () => this.#clients.cutOff(), { keepAlive: true });
	}

	async #end(): Promise<void> {
		this.#journal.note('info', 'draining', { waiting: this.#registrations.size, splices: this.#splices.count });
		const { cluster, drainTimeoutMs } = this.#settings;
		this.#cutOffAfter(drainTimeoutMs + LAST_WORDS_MS);
		await this.#listening?.catch(() => {});
		this.#calls.stopAskingNodes();
		const withdrawn = cluster?.close().catch((error) => this.#journal.failed(error));
		this.#clients.restart();
		await this.#splices.done(drainTimeoutMs);
		this.#splices.closeAll(restarting);
		await this.#clients.none();
		this.#cancelCutOff();
		this.#links.destroyAll();
		await Promise.all([withdrawn, this.#port.close()]);
		for (const part of [this.#admission, this.#registrations, this.#calls]) part.close();
		this.#journal.note('info', 'closed');
	}
}
