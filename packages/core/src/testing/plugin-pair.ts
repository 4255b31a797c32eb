import { Connection } from '../connection.js';
import type { Payload } from '../payload.js';
import type { Plugin } from '../plugin.js';
import { isEnded } from '../state.js';
import { FakeClock, settle } from './fake-clock.js';
import { createMemoryPair, type MemoryPairOptions, type MemoryTransport } from './memory-pair.js';

/** Two connections over a memory pair, what each received, and what went over the wire. */
export interface PluginPair {
	readonly clock: FakeClock;
	readonly left: Connection;
	readonly right: Connection;
	readonly atLeft: Mailbox;
	readonly atRight: Mailbox;
	/** Copies of all frames, both ways. */
	readonly wire: readonly Payload[];
	/** Calling it again waits for the first call. */
	open(): Promise<void>;
	/** Closes from the left and waits for the other end. */
	close(): Promise<void>;
}

export function createPluginPair(left: readonly Plugin[], right: readonly Plugin[], options: MemoryPairOptions = {}): PluginPair {
	const clock = new FakeClock();
	const ends = createMemoryPair({ ...options, clock });
	const wire: Payload[] = [];
	for (const end of ends) record(end, wire);
	const connections = [new Connection(ends[0], { clock, plugins: left }), new Connection(ends[1], { clock, plugins: right, initiator: false })] as const;
	let opened: Promise<unknown> | undefined;
	const atRight = new Mailbox(connections[1]);
	return {
		clock,
		left: connections[0],
		right: connections[1],
		atLeft: new Mailbox(connections[0]),
		atRight,
		wire,
		async open() {
			opened ??= Promise.all(connections.map((connection) => connection.open()));
			await opened;
		},
		async close() {
			await connections[0].close();
			await atRight.ended;
			await settle();
		},
	};
}

/** What a connection delivered, to wait for without a timer. */
export class Mailbox {
	readonly messages: Payload[] = [];
	readonly ended: Promise<void>;
	private waiting: { count: number; resolve(): void; reject(error: Error): void }[] = [];

	constructor(private readonly connection: Connection) {
		connection.onMessage.on((message) => {
			this.messages.push(message);
			this.wake();
		});
		this.ended = new Promise((resolve) => connection.onClose.once(() => resolve()));
		connection.onClose.once(() => this.wake());
	}

	/** Resolves when so many messages have come; rejects when the connection ends before. */
	until(count: number): Promise<void> {
		return new Promise((resolve, reject) => {
			this.waiting.push({ count, resolve, reject });
			this.wake();
		});
	}

	private wake(): void {
		const hasEnded = isEnded(this.connection.state);
		this.waiting = this.waiting.filter(({ count, resolve, reject }) => {
			if (this.messages.length >= count) resolve();
			else if (hasEnded) reject(new Error(`ended with ${this.messages.length} of ${count} messages: ${JSON.stringify(this.connection.closeInfo)}`));
			else return true;
			return false;
		});
	}
}

function record(end: MemoryTransport, wire: Payload[]): void {
	const send = end.send.bind(end);
	end.send = (payload) => {
		wire.push(copyOf(payload));
		return send(payload);
	};
}

/** Arrays belong to the chain once they are sent. */
export function copyOf<P extends Payload>(payload: P): P {
	return (typeof payload === 'string' ? payload : payload.slice()) as P;
}

/** @throws where content, kind or order differ. */
export function sameMessages(got: readonly Payload[], expected: readonly Payload[], what: string): void {
	const count = Math.max(got.length, expected.length);
	for (let i = 0; i < count; i++) {
		if (!isSame(got[i], expected[i])) throw new Error(`${what}: message ${i} of ${expected.length} should be ${show(expected[i])}, is ${show(got[i])}`);
	}
}

function isSame(a: Payload | undefined, b: Payload | undefined): boolean {
	if (!(a instanceof Uint8Array) || !(b instanceof Uint8Array)) return a === b;
	return a.byteLength === b.byteLength && a.every((byte, i) => byte === b[i]);
}

function show(payload: Payload | undefined): string {
	if (payload === undefined) return 'missing';
	if (typeof payload === 'string') return `text of ${payload.length} units ${JSON.stringify(payload.slice(0, 20))}`;
	return `${payload.byteLength} bytes ${payload.subarray(0, 20).join()}`;
}
