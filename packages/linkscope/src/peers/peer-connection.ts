import type { CloseInfo, Connection, ConnectionState, Payload, Plugin, Subscribable } from '@linkscope/core';
import { PingPongPlugin, type RouteChannel, RoutePlugin } from '@linkscope/plugins';
import type { PooledConnection, RouteConnection } from '@linkscope/resilience';

/** What stands above the plugins that secure a connection of a peer. @param channel what the side that dials wants it for. */
export function peerPlugins(above: readonly Plugin[], channel?: RouteChannel): Plugin[] {
	return [new PingPongPlugin() as Plugin].concat(above, new RoutePlugin({ channel }));
}

/** One connection of a peer, as its pool and its routes see it. */
export class PeerConnection implements PooledConnection, RouteConnection {
	readonly connection: Connection;
	/** Whether messages of this side went over it. */
	hasSent = false;
	readonly #route: RoutePlugin;

	constructor(connection: Connection) {
		this.connection = connection;
		this.#route = connection.plugin<RoutePlugin>('route');
	}

	get id(): string {
		return this.connection.id;
	}

	get state(): ConnectionState {
		return this.connection.state;
	}

	get closeInfo(): CloseInfo | null {
		return this.connection.closeInfo;
	}

	get onClose(): Subscribable<CloseInfo> {
		return this.connection.onClose;
	}

	get onCarry(): Subscribable<void> {
		return this.#route.onCarry;
	}

	get onEnd(): Subscribable<void> {
		return this.#route.onEnd;
	}

	get rttMs(): number | null {
		return this.connection.plugin<PingPongPlugin>('ping-pong').rttMs;
	}

	/** Known once it is ACTIVE. */
	get channel(): RouteChannel {
		return this.#route.channel as RouteChannel;
	}

	get peerIdentity(): Uint8Array {
		return this.#route.peerIdentity;
	}

	get decides(): boolean {
		return this.#route.decides;
	}

	get dialledByDecider(): boolean {
		return this.#route.dialledByDecider;
	}

	/** Whether it carries its channel and takes messages. */
	get carries(): boolean {
		return this.#route.carries && this.connection.state === 'ACTIVE';
	}

	get isOver(): boolean {
		return this.#route.isOver;
	}

	get isDrained(): boolean {
		return this.#route.isDrained;
	}

	open(): Promise<void> {
		return this.connection.open();
	}

	carry(): void {
		this.#route.carry();
	}

	/** @throws as the connection's own. */
	send(payload: Payload): boolean {
		this.hasSent = true;
		return this.connection.send(payload);
	}

	drained(): Promise<void> {
		return this.connection.drained();
	}

	close(reason: string): Promise<void> {
		return this.connection.close(reason);
	}

	/** At once, with nothing said. */
	terminate(): void {
		this.connection.terminate();
	}
}

/** Calls back when a connection is ACTIVE and its open() is done: what came early is released by then. */
export function whenActive(connection: Connection, ready: () => void): void {
	connection.onState.on((state) => {
		if (state === 'ACTIVE') queueMicrotask(ready);
	});
}
