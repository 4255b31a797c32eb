import { Connection } from './connection.js';
import type { ConnectionOptions } from './connection-options.js';
import type { Payload } from './payload.js';
import type { Transport, TransportSink } from './transport.js';

/** A transport that does what a test tells it. */
export class ScriptedTransport implements Transport {
	kind = 'scripted';
	remote = 'scripted://user:secret@host/path?token=secret';
	features = { text: true, ordered: true, reliable: true, maxMessageBytes: Number.POSITIVE_INFINITY };
	sink!: TransportSink;
	sent: Payload[] = [];
	accept = true;
	closes: [number, string][] = [];
	terminated = 0;
	pause?: () => void;
	resume?: () => void;
	opening: Promise<void> = Promise.resolve();
	open(sink: TransportSink, signal: { addEventListener(type: 'abort', fn: () => void): void }): Promise<void> {
		this.sink = sink;
		return Promise.race([this.opening, new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))]);
	}
	send(payload: Payload): boolean {
		this.sent.push(payload);
		return this.accept;
	}
	close(code: number, reason: string): void {
		this.closes.push([code, reason]);
	}
	terminate(): void {
		this.terminated++;
	}
}

export async function openScripted(options: ConnectionOptions = {}) {
	const transport = new ScriptedTransport();
	const connection = new Connection(transport, options);
	await connection.open();
	return { transport, connection };
}
