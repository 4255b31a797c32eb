import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Connection } from './connection.js';
import { Handshake } from './handshake.js';
import type { Payload } from './payload.js';
import { Queue } from './queue.js';
import { openScripted, ScriptedTransport } from './scripted-transport.fixture.js';
import { FakeClock, settle } from './testing/fake-clock.js';

const MIB = 1024 * 1024;

function handshakeThatWaits() {
	const told: string[] = [];
	const handshake = new Handshake({
		plugin: 'p',
		initiator: true,
		clock: new FakeClock(),
		timeoutMs: 1000,
		inheritedSecure: () => undefined,
		sendDown: () => {},
		crowd: () => told.push('crowd'),
		fail: (error) => told.push((error as Error & { code: string }).code),
	});
	return { handshake, told };
}

describe('very many messages are handed on in order and in linear time,', () => {
	const MANY = 100_000;
	const { shift, splice, slice } = Array.prototype;
	/** Places that arrays moved or copied: Array.shift() moves all there are. */
	let moved = 0;

	beforeEach(() => {
		moved = 0;
		Array.prototype.shift = function () {
			moved += this.length;
			return shift.call(this);
		};
		Array.prototype.splice = function (...given: Parameters<typeof splice>) {
			moved += this.length;
			return splice.apply(this, given);
		};
		Array.prototype.slice = function (from, to) {
			const copy = slice.call(this, from, to);
			moved += copy.length;
			return copy;
		};
	});

	afterEach(() => {
		Object.assign(Array.prototype, { shift, splice, slice });
		expect(moved).toBeLessThan(4 * MANY);
	});

	test('that were held for a listener that comes late', async () => {
		const { transport, connection } = await openScripted({ maxUnreadBytes: 64 * MIB });
		for (let i = 0; i < MANY; i++) transport.sink.message(String(i));
		let expected = 0;
		connection.onMessage.on((message) => {
			if (message === String(expected)) expected++;
		});
		await settle();
		expect(expected).toBe(MANY);
	});

	test('that came at once for one who reads with for await', async () => {
		const { transport, connection } = await openScripted({ maxUnreadBytes: 64 * MIB });
		const messages = connection.messages();
		for (let i = 0; i < MANY; i++) transport.sink.message(String(i));
		let expected = 0;
		for await (const message of messages) {
			if (message !== String(expected++) || expected === MANY) break;
		}
		expect(expected).toBe(MANY);
	});

	test('for reads that wait', async () => {
		const { transport, connection } = await openScripted();
		const messages = connection.messages();
		const reads = Array.from({ length: MANY }, () => messages.next());
		for (let i = 0; i < MANY; i++) transport.sink.message(String(i));
		const got = await Promise.all(reads);
		expect(got.every(({ value }, i) => value === String(i))).toBe(true);
	});

	test('that were sent before ACTIVE', async () => {
		const transport = new ScriptedTransport();
		const connection = new Connection(transport, { maxQueuedBytes: 64 * MIB });
		for (let i = 0; i < MANY; i++) connection.send(String(i));
		await connection.open();
		expect(transport.sent.length).toBe(MANY);
		expect(transport.sent.every((payload, i) => payload === String(i))).toBe(true);
	});

	test('that a handshake left unread', () => {
		const { handshake } = handshakeThatWaits();
		for (let i = 0; i < MANY; i++) handshake.push(String(i));
		let expected = 0;
		for (let frame = handshake.takeUnread(); frame === String(expected); frame = handshake.takeUnread()) expected++;
		expect(expected).toBe(MANY);
	});

	test('while as many go as come', () => {
		const queue = new Queue<number>();
		for (let i = 0; i < 3000; i++) queue.push(i);
		for (let i = 0; i < MANY; i++) {
			queue.push(3000 + i);
			if (queue.shift() !== i) throw new Error('out of order');
		}
		expect(queue.length).toBe(3000);
		expect(queue.clear()).toEqual(Array.from({ length: 3000 }, (_, i) => MANY + i));
		expect(queue.shift()).toBeUndefined();
	});
});

test('empty messages count against maxUnreadBytes, held for a listener', async () => {
	const { transport, connection } = await openScripted({ maxUnreadBytes: MIB });
	for (let i = 0; i < MIB / 64; i++) transport.sink.message('');
	expect(connection.state).toBe('ACTIVE');
	transport.sink.message(new Uint8Array(0));
	expect(transport.closes).toEqual([[4440, 'SLOW_READER']]);
});

test('empty messages count against maxUnreadBytes, held by a reader, and reading them lets the transport go on', async () => {
	const transport = new ScriptedTransport();
	const calls: string[] = [];
	transport.pause = () => calls.push('pause');
	transport.resume = () => calls.push('resume');
	const connection = new Connection(transport, { maxUnreadBytes: 640 });
	await connection.open();
	const messages = connection.messages();
	for (let i = 0; i < 11; i++) transport.sink.message('');
	expect(calls).toEqual(['pause']);
	for (let i = 0; i < 6; i++) await messages.next();
	expect(calls).toEqual(['pause', 'resume']);
});

test('empty messages count against maxQueuedBytes, and bufferedBytes stays what was sent', () => {
	const connection = new Connection(new ScriptedTransport(), { maxQueuedBytes: 640 });
	for (let i = 0; i < 9; i++) connection.send('');
	connection.send('');
	expect(() => connection.send('')).toThrow(expect.objectContaining({ code: 'SEND_QUEUE_FULL' }));
	expect(connection.bufferedBytes).toBe(0);
});

test('empty messages count against maxBufferedBytes while the transport is busy, and no longer when it has drained', async () => {
	const { transport, connection } = await openScripted({ maxBufferedBytes: 640 });
	const fill = (): void => {
		transport.accept = false;
		for (let i = 0; i < 11; i++) connection.send('');
		expect(() => connection.send('')).toThrow(expect.objectContaining({ code: 'SEND_QUEUE_FULL' }));
		expect(connection.bufferedBytes).toBe(0);
	};
	fill();
	transport.accept = true;
	transport.sink.drained();
	fill();
});

test('empty frames fill the inbox of a handshake: half of it stops the transport, more than all of it ends the connection', () => {
	const { handshake, told } = handshakeThatWaits();
	for (let i = 0; i < 2048; i++) handshake.push('');
	expect(told).toEqual([]);
	handshake.push('');
	expect(told).toEqual(['crowd']);
	for (let i = 2049; i < 4096; i++) handshake.push('');
	expect(told).not.toContain('HANDSHAKE_INBOX_FULL');
	handshake.push('');
	expect(told.at(-1)).toBe('HANDSHAKE_INBOX_FULL');
});

test('frames a handshake has read make room in its inbox', () => {
	const { handshake, told } = handshakeThatWaits();
	const read: (Payload | undefined)[] = [];
	for (let i = 0; i < 10_000; i++) {
		handshake.push(String(i));
		read.push(handshake.takeUnread());
	}
	expect(told).toEqual([]);
	expect(read).toEqual(Array.from({ length: 10_000 }, (_, i) => String(i)));
	expect(handshake.takeUnread()).toBeUndefined();
});
