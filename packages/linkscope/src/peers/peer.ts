import { type Clock, type Connection, ConnectionError, Emitter, type Payload, type Subscribable, systemClock, type Unsubscribe } from '@linkscope/core';
import type { RouteChannel } from '@linkscope/plugins';
import { PeerPool, type RouteInfo, type RouteTable } from '@linkscope/resilience';
import type { PeerConnection } from './peer-connection.js';
import { PeerInbox } from './peer-inbox.js';
import { PeerLane } from './peer-lane.js';

/** connecting: nothing carries any of its channels. */
export type PeerState = 'connecting' | 'connected' | 'closed';

export interface PeerMessage {
	readonly payload: Payload;
	readonly channel: RouteChannel;
}

/** A connection was lost, or the peer closed: not everything may have arrived. */
export interface PeerLoss {
	readonly channel: RouteChannel;
	readonly error: Error;
	/** What certainly did not leave. Empty where a connection was lost: what was sent over it last may have arrived or not. */
	readonly unsent: readonly Payload[];
}

export interface PeerChannelInfo {
	readonly channel: RouteChannel;
	/** Id in the stats of the connection that carries it; null while none does. */
	readonly connectionId: string | null;
	/** Open connections for it, those on their way out included. */
	readonly connections: number;
}

const CHANNELS: readonly RouteChannel[] = ['control', 'data', 'discovery'];

/** Of one channel, those on their way out included: a peer may dial as often as it likes, and take its time to let go. */
const MAX_CONNECTIONS = 8;

/** A channel that is not kept open closes after so long without a message. */
const SHORT_LIVED_MS = 5_000;

/**
 * One peer, however it is reached and by how many connections, dialled and accepted alike. What is sent while it cannot be reached waits, within a bound.
 * Messages of one channel arrive in order, and none is lost where connections replace each other; where one is lost, `onLost` says so.
 */
export class Peer {
	/** Of its identity. */
	readonly fingerprint: string;
	/** Messages of all channels; held until somebody listens, at most 4 MiB. */
	readonly onMessage: Subscribable<PeerMessage>;
	/** Each of its connections, of all channels, when it is ACTIVE: for what its plugins have to say. */
	readonly onConnection: Subscribable<Connection>;
	readonly onState: Subscribable<PeerState>;
	readonly onLost: Subscribable<PeerLoss>;
	/** A route of this side has another state. */
	readonly onRoute: Subscribable<void>;
	readonly #arrivals = new Emitter<Connection>();
	readonly #states = new Emitter<PeerState>();
	readonly #losses = new Emitter<PeerLoss>();
	readonly #routeChanges = new Emitter<void>();
	readonly #inbox = new PeerInbox();
	readonly #pool: PeerPool<PeerConnection>;
	readonly #lanes = new Map<RouteChannel, PeerLane>();
	readonly #connections = new Set<PeerConnection>();
	readonly #idle = new Map<RouteChannel, Unsubscribe>();
	readonly #clock: Clock;
	#table: RouteTable | null = null;
	#kept: ReadonlySet<RouteChannel> = new Set();
	#state: PeerState = 'connecting';

	constructor(fingerprint: string, clock: Clock = systemClock) {
		this.fingerprint = fingerprint;
		this.#clock = clock;
		this.#pool = new PeerPool(clock);
		this.onMessage = this.#inbox.onMessage;
		this.onConnection = this.#arrivals;
		this.onState = this.#states;
		this.onLost = this.#losses;
		this.onRoute = this.#routeChanges;
		for (const channel of CHANNELS) {
			this.#lanes.set(channel, new PeerLane((error, payload) => this.#losses.emit({ channel, error, unsent: [payload] })));
		}
		this.#pool.onCarrier.on(({ channel, connection }) => {
			this.#lane(channel as RouteChannel).carry(connection);
			this.#tellState();
		});
	}

	get state(): PeerState {
		return this.#state;
	}

	get channels(): readonly PeerChannelInfo[] {
		return CHANNELS.map((channel) => ({ channel, connectionId: this.#pool.carrier(channel)?.id ?? null, connections: this.#pool.count(channel) }));
	}

	/** Those that are open, of all channels, those on their way out included. */
	get connections(): readonly Connection[] {
		return [...this.#connections].map(({ connection }) => connection);
	}

	/** Best first; none where only the other side dials. */
	get routes(): readonly RouteInfo[] {
		return this.#table?.routes ?? [];
	}

	/** Whether this side has routes to it, and none of them may be dialled any more. */
	get isUnreachable(): boolean {
		return this.#table?.isExhausted === true && this.#connections.size === 0;
	}

	/**
	 * @param options.channel default 'data'. One that is not kept open is dialled for this message, and closes after 5 s of silence.
	 * @returns false: accepted, and `drained()` tells when to go on.
	 * @throws ConnectionError CONNECTION_CLOSED, SEND_QUEUE_FULL; TransportError MESSAGE_TOO_BIG.
	 */
	send(payload: Payload, { channel = 'data' }: { channel?: RouteChannel } = {}): boolean {
		const isWelcome = this.#lane(channel).send(payload);
		this.#refresh(channel);
		this.#touch(channel);
		return isWelcome;
	}

	/** Resolves when sending more is welcome. @throws ConnectionError CONNECTION_CLOSED where it closes before. */
	drained({ channel = 'data' }: { channel?: RouteChannel } = {}): Promise<void> {
		return this.#lane(channel).drained();
	}

	/**
	 * What carries a channel, as soon as something does: for its plugins. Messages go by `send()`, because another connection may replace this one at any time.
	 * @throws ConnectionError CONNECTION_CLOSED where the peer closes before.
	 */
	async connection({ channel = 'data' }: { channel?: RouteChannel } = {}): Promise<Connection> {
		const carrier = this.#lane(channel).carrier();
		this.#refresh(channel);
		return (await carrier).connection;
	}

	/** Its connections close, and it is dialled no more until `startRoute()`. @throws RangeError for a route it has not. */
	stopRoute(name: string): Promise<void> {
		return this.#routesOf(name).stop(name);
	}

	/** Also dials one again that the peer had refused. */
	startRoute(name: string): void {
		this.#routesOf(name).start(name);
	}

	/** As `stopRoute()`, until `enableRoute()`. */
	disableRoute(name: string): Promise<void> {
		return this.#routesOf(name).disable(name);
	}

	enableRoute(name: string): void {
		this.#routesOf(name).enable(name);
	}

	/** Closes all its connections in good order and dials no more. Never rejects. */
	async close(reason = 'Close called.'): Promise<void> {
		if (this.#state === 'closed') return;
		this.#setState('closed');
		for (const cancel of this.#idle.values()) cancel();
		for (const [channel, lane] of this.#lanes) {
			const unsent = lane.close();
			if (unsent.length > 0) this.#losses.emit({ channel, error: new ConnectionError('CONNECTION_CLOSED', 'peer: it was closed before these left'), unsent });
		}
		await Promise.all([this.#table?.close(reason), ...[...this.#connections].map((connection) => connection.close(reason))]);
	}

	/** For who makes it: routes of this side, and the channels that they keep open. */
	dialOver(table: RouteTable, kept: readonly RouteChannel[]): void {
		if (this.#table) throw new TypeError(`there are routes to ${this.fingerprint} already: close that peer first`);
		this.#table = table;
		table.onChange.on(() => this.#routeChanges.emit());
		this.#kept = new Set(kept);
		for (const channel of CHANNELS) this.#refresh(channel);
	}

	/** For who makes it: a connection with this peer, ACTIVE, whoever dialled. */
	adopt(connection: PeerConnection): void {
		const { channel } = connection;
		if (this.#state === 'closed') return void connection.close('Close called.');
		if (this.#pool.count(channel) >= MAX_CONNECTIONS) return connection.terminate();
		this.#connections.add(connection);
		connection.onClose.once(({ error }) => this.#ended(connection, error));
		connection.connection.onMessage.on((payload) => this.#received({ payload, channel }));
		if (connection.isOver) return this.#ended(connection, connection.closeInfo?.error);
		connection.onEnd.once(() => this.#remove(connection));
		if (!connection.decides) connection.onCarry.on(() => this.#pool.carried(channel, connection));
		this.#pool.add(channel, connection);
		if (!connection.decides && connection.carries) this.#pool.carried(channel, connection);
		this.#touch(channel);
		this.#refresh(channel);
		this.#arrivals.emit(connection.connection);
	}

	#received(message: PeerMessage): void {
		this.#touch(message.channel);
		try {
			this.#inbox.push(message);
		} catch (error) {
			// To go on without this message would be to lose it in silence.
			for (const each of this.#connections) each.terminate();
			this.#losses.emit({ channel: message.channel, error: error as Error, unsent: [] });
			void this.close();
		}
	}

	#remove(connection: PeerConnection): void {
		const { channel } = connection;
		this.#pool.remove(channel, connection);
		this.#refresh(channel);
	}

	#ended(connection: PeerConnection, error: Error | undefined): void {
		if (!this.#connections.delete(connection)) return;
		this.#remove(connection);
		if (!connection.hasSent || connection.isDrained) return;
		const lost = error ?? new ConnectionError('CONNECTION_LOST', 'peer: a connection ended before both sides had said that nothing follows');
		this.#losses.emit({ channel: connection.channel, error: lost, unsent: [] });
	}

	/** Dials what is wanted and has no connection. */
	#refresh(channel: RouteChannel): void {
		const isWanted = this.#state !== 'closed' && (this.#kept.has(channel) || this.#lane(channel).isWanted);
		if (isWanted && this.#pool.count(channel) === 0) this.#table?.want(channel);
		else this.#table?.unwant(channel);
	}

	/** A message, or a connection: one that is not kept lives on for a while. Who dialled closes it. */
	#touch(channel: RouteChannel): void {
		this.#idle.get(channel)?.();
		if (!this.#table || this.#kept.has(channel) || this.#state === 'closed') return;
		const rest = this.#clock.after(SHORT_LIVED_MS, () => {
			const carrier = this.#pool.carrier(channel);
			if (carrier?.connection.initiator) void carrier.close('Close called.');
		});
		this.#idle.set(channel, rest);
	}

	#tellState(): void {
		if (this.#state !== 'closed') this.#setState(CHANNELS.some((channel) => this.#pool.carrier(channel)) ? 'connected' : 'connecting');
	}

	#setState(state: PeerState): void {
		if (this.#state === state) return;
		this.#state = state;
		this.#states.emit(state);
	}

	#lane(channel: RouteChannel): PeerLane {
		const lane = this.#lanes.get(channel);
		if (!lane) throw new TypeError('channel must be control, data or discovery');
		return lane;
	}

	#routesOf(name: string): RouteTable {
		if (!this.#table) throw new RangeError(`there is no route ${JSON.stringify(name)}: this side has none to ${this.fingerprint}`);
		return this.#table;
	}
}
