import { deflateRawSync } from 'node:zlib';
import { Connection, type Payload } from '@linkscope/core';
import { createMemoryPair, FakeClock } from '@linkscope/core/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type CompressionOptions, CompressionPlugin } from './compression.js';

// These move megabytes; on a busy machine that takes a while and proves nothing.
vi.setConfig({ testTimeout: 30_000 });

afterEach(() => vi.unstubAllGlobals());

const text = (size: number) => 'all work and no play '.repeat(Math.ceil(size / 21)).slice(0, size);

// Compression takes the platform's own time; the bound only ends a test that would hang.
const soon = (check: () => void) => vi.waitFor(check, { timeout: 25_000, interval: 5 });

async function openPair(options: CompressionOptions = {}, { raw = false, maxUnreadBytes = 64 * 1024 * 1024, highWaterBytes = 64 * 1024 } = {}) {
	const [a, b] = createMemoryPair({ highWaterBytes });
	const wire: Payload[] = [];
	const send = a.send.bind(a);
	a.send = (payload) => {
		wire.push(payload);
		return send(payload);
	};
	const clock = new FakeClock();
	const left = new Connection(a, { clock, plugins: raw ? [] : [new CompressionPlugin(options)] });
	const right = new Connection(b, { clock, initiator: false, maxUnreadBytes, plugins: [new CompressionPlugin(options)] });
	await Promise.all([left.open(), right.open()]);
	const received: Payload[] = [];
	right.onMessage.on((message) => received.push(message));
	return { left, right, received, wire, b, ended: new Promise((resolve) => right.onClose.once(resolve)) };
}

function packed(kind: string, data: Uint8Array | string): Uint8Array {
	return Buffer.concat([new Uint8Array([0x10, 0x43, kind.charCodeAt(0)]), deflateRawSync(data)]);
}

describe('compression', () => {
	test('shrinks what shrinks, and leaves alone what is small or does not', async () => {
		const { left, wire, received } = await openPair();
		const noise = crypto.getRandomValues(new Uint8Array(4_000));
		left.send(text(50_000));
		left.send('small');
		left.send(noise.slice());
		await left.close();
		expect(wire.map((frame) => typeof frame)).toEqual(['object', 'string', 'object']);
		expect((wire[0] as Uint8Array).byteLength).toBeLessThan(1_000);
		expect(wire[2]).toEqual(noise);
		await soon(() => expect(received).toEqual([text(50_000), 'small', noise]));
	});

	test('a byte order mark and every character survive', async () => {
		const { left, received } = await openPair({ thresholdBytes: 0 });
		const message = `\ufeff${'grüße 🙂 \u0000'.repeat(100)}`;
		left.send(message);
		await left.close();
		await soon(() => expect(received).toEqual([message]));
	});

	test('what waits to be compressed counts as held, asks for a pause, and is drained', async () => {
		const { left, received } = await openPair();
		let sent = 0;
		while (left.send(text(64 * 1024))) sent++;
		expect(sent).toBeLessThan(10);
		expect(left.bufferedBytes).toBeGreaterThan(256 * 1024);
		await left.drained();
		expect(left.send('after')).toBe(true);
		await soon(() => expect(received).toHaveLength(sent + 2));
		expect(left.bufferedBytes).toBe(0);
	});

	test('terminate() drops what waits and raises nothing', async () => {
		const { left, right, received, ended } = await openPair();
		for (let i = 0; i < 20; i++) left.send(text(50_000));
		left.terminate();
		await ended;
		await new Promise((resolve) => setImmediate(resolve));
		expect(received).toEqual([]);
		expect(right.state).toBe('FAILED');
	});

	test('a message over the limit is refused, and the connection goes on', async () => {
		const { left, received } = await openPair({ maxMessageBytes: 10_000 });
		expect(() => left.send(text(10_001))).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_BIG' }));
		left.send(text(10_000));
		await left.close();
		await soon(() => expect(received).toEqual([text(10_000)]));
	});

	test('a frame that the transport refuses later ends the connection and says why', async () => {
		const [a, b] = createMemoryPair({ maxMessageBytes: 3_000 });
		const left = new Connection(a, { plugins: [new CompressionPlugin()] });
		const right = new Connection(b, { initiator: false, plugins: [new CompressionPlugin()] });
		await Promise.all([left.open(), right.open()]);
		const ended = new Promise((resolve) => left.onClose.once(resolve));
		left.send(crypto.getRandomValues(new Uint8Array(5_000)));
		expect(await ended).toMatchObject({ error: { code: 'MESSAGE_TOO_BIG' } });
	});
});

describe('a hostile peer', () => {
	test('a bomb ends the connection before memory grows: 4409', async () => {
		const bomb = packed('b', new Uint8Array(64 * 1024 * 1024));
		const { left, right, received, ended } = await openPair({}, { raw: true });
		const before = process.memoryUsage();
		let peak = 0;
		left.send(bomb);
		const watch = setInterval(() => {
			peak = Math.max(peak, process.memoryUsage().arrayBuffers - before.arrayBuffers);
		}, 0);
		await ended;
		clearInterval(watch);
		expect(right.closeInfo).toMatchObject({ code: 4409, error: { code: 'DECOMPRESSION_TOO_BIG' } });
		expect(received).toEqual([]);
		expect(peak).toBeLessThan(40 * 1024 * 1024);
	});

	test('exactly the limit is no bomb, one byte more is', async () => {
		const exact = await openPair({ maxMessageBytes: 50_000 }, { raw: true });
		exact.left.send(packed('b', new Uint8Array(50_000)));
		await soon(() => expect(exact.received).toEqual([new Uint8Array(50_000)]));
		const more = await openPair({ maxMessageBytes: 50_000 }, { raw: true });
		more.left.send(packed('b', new Uint8Array(50_001)));
		expect(await more.ended).toMatchObject({ error: { code: 'DECOMPRESSION_TOO_BIG' } });
	});

	test.each<[string, Payload]>([
		['no deflate', new Uint8Array([0x10, 0x43, 0x62, 255, 254, 253])],
		['cut short', packed('b', text(5_000)).subarray(0, 20)],
		['nothing', new Uint8Array([0x10, 0x43, 0x62])],
		['text that is no UTF-8', packed('t', new Uint8Array([0xff, 0xfe]))],
		['an unknown kind', packed('z', 'x')],
		['no kind', new Uint8Array([0x10, 0x43])],
		['a control frame in text', '\u0010Ctx'],
	])('%s: MALFORMED_FRAME, 4400', async (_, frame) => {
		const { left, right, ended } = await openPair({}, { raw: true });
		left.send(frame);
		await ended;
		expect(right.closeInfo).toMatchObject({ code: 4400, error: { code: 'MALFORMED_FRAME' } });
	});

	test('more than can be inflated stops the transport, and it reads on later', async () => {
		const { left, b, received } = await openPair({}, { raw: true });
		const noise = crypto.getRandomValues(new Uint8Array(32 * 1024));
		const pause = vi.spyOn(b, 'pause');
		const resume = vi.spyOn(b, 'resume');
		for (let i = 0; i < 100; i++) left.send(packed('b', noise));
		await soon(() => expect(received).toHaveLength(100));
		expect(pause).toHaveBeenCalled();
		expect(resume).toHaveBeenCalledTimes(pause.mock.calls.length);
	});

	test('one that cannot be stopped is a slow reader in the end: 4440', async () => {
		const { left, b, ended } = await openPair({ maxMessageBytes: 64 * 1024 }, { raw: true });
		b.pause = () => {};
		const noise = packed('b', crypto.getRandomValues(new Uint8Array(32 * 1024)));
		for (let i = 0; i < 200; i++) left.send(noise.slice());
		expect(await ended).toMatchObject({ code: 4440, error: { code: 'SLOW_READER' } });
	});
});

test('where the platform has no CompressionStream the connection says so', async () => {
	vi.stubGlobal('CompressionStream', undefined);
	const [a] = createMemoryPair();
	const connection = new Connection(a, { plugins: [new CompressionPlugin()] });
	await expect(connection.open()).rejects.toMatchObject({ code: 'COMPRESSION_UNAVAILABLE' });
});

test.each([{ thresholdBytes: -1 }, { thresholdBytes: Number.NaN }, { maxMessageBytes: 0 }])('%j is a RangeError', (options) => {
	expect(() => new CompressionPlugin(options)).toThrow(RangeError);
	expect(() => new CompressionPlugin(options)).toThrow(Object.keys(options)[0]);
});
