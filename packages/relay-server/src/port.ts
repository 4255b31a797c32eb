import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, codeOf, type Unsubscribe } from '@linkscope/core';
import { addressGroup } from './limits/client-address.js';
import { Tally } from './limits/tally.js';
import { RelayError } from './relay-error.js';

/** PEM texts. */
export interface TlsFiles {
	cert: string | Buffer;
	key: string | Buffer;
}

export interface PortOptions {
	host: string;
	port: number;
	tls: TlsFiles | undefined;
	clock: Clock;
	/** For all that comes before the upgrade is answered. */
	upgradeTimeoutMs: number;
	/** That have not upgraded yet, from one address; null where all come by a proxy. */
	waitingPerAddress: number | null;
	maxSockets: number;
	/** Who did not upgrade in time, or was one too many that had not. */
	onTurnedAway(code: 'HANDSHAKE_TIMEOUT' | 'RELAY_QUOTA', address: string): void;
	onRequest(request: IncomingMessage, response: ServerResponse): void;
	onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** The port of the relay: HTTP, its upgrades, and those who connect and say nothing. */
export class Port {
	readonly #options: PortOptions;
	#server: HttpServer | null = null;
	/** By the addresses and ports of both ends, which TLS does not change. */
	readonly #waiting = new Map<string, { socket: Socket; leave: Unsubscribe }>();
	readonly #perAddress: Tally;

	constructor(options: PortOptions) {
		this.#options = options;
		this.#perAddress = new Tally(options.waitingPerAddress ?? Number.POSITIVE_INFINITY);
	}

	/** Sockets that have not upgraded, and the addresses they come from. */
	get remembered(): number {
		return this.#waiting.size + this.#perAddress.size;
	}

	/** @throws RelayError LISTEN_FAILED, TLS_UNREADABLE. */
	async listen(): Promise<AddressInfo> {
		const server = this.#create();
		server.maxConnections = this.#options.maxSockets;
		server.on('connection', (socket: Socket) => this.#waitFor(socket));
		server.on('upgrade', (request, socket, head) => {
			this.#waiting.get(nameOf(request.socket))?.leave();
			this.#options.onUpgrade(request, socket, head);
		});
		await new Promise<void>((resolve, reject) => {
			server.once('error', (error) => reject(this.#listenError(error)));
			server.listen(this.#options.port, this.#options.host, () => {
				server.removeAllListeners('error');
				// Later ones are of single connections, or of a machine without file descriptors: no reason to end.
				server.on('error', () => {});
				resolve();
			});
		});
		this.#server = server;
		return server.address() as AddressInfo;
	}

	/** Resolves when every socket is gone; those that were upgraded are others' to end. */
	async close(): Promise<void> {
		const server = this.#server;
		this.#server = null;
		if (server === null) return;
		await new Promise<void>((resolve) => {
			server.close(() => resolve());
			for (const { socket } of [...this.#waiting.values()]) socket.destroy();
		});
	}

	#create(): HttpServer {
		const { tls, onRequest } = this.#options;
		if (tls === undefined) return createServer(onRequest);
		try {
			// Of empty texts Node thinks that there are none, and listens with nothing to show.
			if (!tls?.cert?.length || !tls.key?.length) throw new Error('there is none');
			return createTlsServer({ ...tls, minVersion: 'TLSv1.2' }, onRequest);
		} catch (error) {
			const why = (error as Error).message;
			throw new RelayError(
				'TLS_UNREADABLE',
				`relay: the TLS certificate or key cannot be used: ${why}; give a PEM certificate (chain) and the PEM key that belongs to it`,
			);
		}
	}

	#waitFor(socket: Socket): void {
		const name = nameOf(socket);
		const address = socket.remoteAddress;
		// It was gone before it was taken: nothing would tell it from others of its kind.
		if (address === undefined) {
			socket.destroy();
			return;
		}
		const group = addressGroup(address);
		const turnAway = (code: 'HANDSHAKE_TIMEOUT' | 'RELAY_QUOTA'): void => {
			this.#options.onTurnedAway(code, address);
			socket.destroy();
		};
		if (!this.#perAddress.add(group)) return turnAway('RELAY_QUOTA');
		const cancel = this.#options.clock.after(this.#options.upgradeTimeoutMs, () => turnAway('HANDSHAKE_TIMEOUT'));
		const leave = (): void => {
			if (!this.#waiting.delete(name)) return;
			cancel();
			this.#perAddress.remove(group);
			// Who was upgraded stays long, and would keep all of this.
			socket.off('close', leave);
		};
		this.#waiting.set(name, { socket, leave });
		socket.once('close', leave);
	}

	#listenError(error: Error): RelayError {
		const { host, port } = this.#options;
		const why = {
			EADDRINUSE: 'is taken: choose another port, or 0 for a free one',
			EACCES: 'needs rights that this process has not: choose a port from 1024 on',
			EADDRNOTAVAIL: 'is not an address of this machine: choose one of its own, or 0.0.0.0 for all',
			ENOTFOUND: 'is not a name that can be looked up: give an address of this machine',
		}[codeOf(error) ?? ''];
		return new RelayError('LISTEN_FAILED', `relay: port ${port} of ${host} ${why ?? `cannot be listened on: ${error.message}`}`, { cause: error });
	}
}

/** Answers an upgrade with plain HTTP, and ends the connection. */
export function refuseUpgrade(socket: Duplex, status: number, text: string): void {
	socket.on('error', () => socket.destroy());
	socket.once('finish', () => socket.destroy());
	const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'Connection: close', 'Content-Type: text/plain', `Content-Length: ${Buffer.byteLength(text)}`];
	socket.end(`${head.join('\r\n')}\r\n\r\n${text}`);
}

function nameOf({ remoteAddress, remotePort, localAddress }: Socket): string {
	return `${remoteAddress} ${remotePort} ${localAddress}`;
}
