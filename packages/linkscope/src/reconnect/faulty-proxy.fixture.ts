import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

interface Pair {
	near: Socket;
	far: Socket;
	isStalled: boolean;
}

/** A TCP proxy on a free port of loopback that does to connections what networks do. */
export class FaultyProxy {
	/** New connections are taken, and nothing comes of them. */
	isBlackHole = false;
	/** Connections it has taken. */
	taken = 0;
	#port = 0;
	readonly #pairs = new Set<Pair>();
	#server: Server | null = null;
	readonly #targetPort: () => number;

	constructor(targetPort: () => number) {
		this.#targetPort = targetPort;
	}

	get url(): string {
		return `ws://127.0.0.1:${this.#port}/`;
	}

	/** On the port it had before, where it had one. */
	async open(): Promise<this> {
		this.#server = createServer((near) => this.#take(near)).listen(this.#port, '127.0.0.1');
		await once(this.#server, 'listening');
		this.#port = (this.#server.address() as AddressInfo).port;
		return this;
	}

	/** Half-open: what comes over the connections of now is lost, and neither side is told. */
	stall(): void {
		for (const pair of this.#pairs) pair.isStalled = true;
	}

	/** Ends every connection with an RST. */
	reset(): void {
		for (const { near, far } of this.#pairs) {
			near.resetAndDestroy();
			far.resetAndDestroy();
		}
	}

	/** Dials are refused until it is opened again. */
	async close(): Promise<void> {
		const ended = this.#server && once(this.#server, 'close');
		this.#server?.close();
		this.#server = null;
		this.reset();
		await ended;
	}

	#take(near: Socket): void {
		this.taken++;
		const pair = { near, far: connect(this.#targetPort(), '127.0.0.1'), isStalled: this.isBlackHole };
		this.#pairs.add(pair);
		this.#join(pair, pair.near, pair.far);
		this.#join(pair, pair.far, pair.near);
	}

	#join(pair: Pair, from: Socket, to: Socket): void {
		from.setNoDelay();
		from.on('data', (data) => !pair.isStalled && to.write(data));
		from.on('error', () => {});
		from.on('end', () => !pair.isStalled && to.end());
		from.on('close', () => {
			if (!pair.isStalled) to.destroy();
			if (pair.near.destroyed && pair.far.destroyed) this.#pairs.delete(pair);
		});
	}
}
