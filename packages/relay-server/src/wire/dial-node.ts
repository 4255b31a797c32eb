import type { Socket } from 'node:net';
import { type Clock, TransportError } from '@linkscope/core';
import WebSocket from 'ws';
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
export function dialNode(url: string, { clock, timeoutMs, ca }: DialNodeOptions, signal?: AbortSignal): Promise<RelaySocket> {
	return new Promise((resolve, reject) => {
		/** A client of ws that gives its connection away once it stands. */
		class Dialled extends WebSocket {
			setSocket(stream: Socket, head: Buffer): void {
				stop();
				resolve(new FramedSocket(stream, head, { address: stream.remoteAddress ?? '', isClient: true, clock }));
			}
		}
		const socket = new Dialled(url, { perMessageDeflate: false, ...(ca && { ca }) });
		socket.on('error', (error) => fail(error.message));
		const cancel = clock.after(timeoutMs, () => fail(`no answer within ${timeoutMs} ms`));
		const onAbort = () => fail('given up');
		signal?.addEventListener('abort', onAbort);
		if (signal?.aborted) onAbort();

		function stop(): void {
			cancel();
			signal?.removeEventListener('abort', onAbort);
		}

		function fail(why: string): void {
			stop();
			reject(new TransportError('OPEN_FAILED', `${url} could not be dialled: ${why}`));
			socket.terminate();
		}
	});
}
