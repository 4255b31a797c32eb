import type { Socket } from 'node:net';
import { asError, type Clock, TransportError } from '@linkscope/core';
import WebSocket, { type ClientOptions } from 'ws';
import { FramedSocket } from './framed-socket.js';
import type { RelaySocket } from './relay-socket.js';

export interface DialNodeOptions {
	clock: Clock;
	timeoutMs: number;
	/** PEM of who may sign the node's certificate, where the system does not know it. */
	ca?: string | Buffer;
}

/**
 * Dials another node.
 * @param url ws: or wss:
 * @throws TransportError OPEN_FAILED where nobody answers, or not as a WebSocket, within the time or until `signal`.
 */
export async function dialNode(url: string, { clock, timeoutMs, ca }: DialNodeOptions, signal?: AbortSignal): Promise<RelaySocket> {
	let stop = (): void => {};
	let dialled: Dialled | null = null;
	try {
		return await new Promise<RelaySocket>((resolve, reject) => {
			const fail = (why: string): void => reject(new Error(why));
			const cancel = clock.after(timeoutMs, () => fail(`no answer within ${timeoutMs} ms`));
			const onAbort = (): void => fail('given up');
			stop = () => {
				cancel();
				signal?.removeEventListener('abort', onAbort);
			};
			signal?.addEventListener('abort', onAbort);
			if (signal?.aborted) return onAbort();
			const opened = (stream: Socket, head: Buffer): void =>
				resolve(new FramedSocket(stream, head, { address: stream.remoteAddress ?? '', isClient: true, clock }));
			dialled = new Dialled(url, { perMessageDeflate: false, ...(ca && { ca }) }, opened);
			dialled.on('error', reject);
		});
	} catch (error) {
		(dialled as Dialled | null)?.terminate();
		throw new TransportError('OPEN_FAILED', `${url} could not be dialled: ${asError(error).message}`, { cause: error });
	} finally {
		stop();
	}
}

/** A client of ws that gives its connection away as soon as that stands. */
class Dialled extends WebSocket {
	readonly #opened: (stream: Socket, head: Buffer) => void;

	constructor(url: string, options: ClientOptions, opened: (stream: Socket, head: Buffer) => void) {
		super(url, options);
		this.#opened = opened;
	}

	// ws would read from here on.
	setSocket(stream: Socket, head: Buffer): void {
		this.#opened(stream, head);
	}
}
