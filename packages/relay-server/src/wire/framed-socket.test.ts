import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { FakeClock } from '@linkscope/core/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Opcode } from './frame-header.js';
import { FramedSocket } from './framed-socket.js';
import { clientFrame, closeOf, framesUntilEnd, textFrame } from './raw-frames.fixture.js';
import { closing, messages, TinyRelay } from './relay-pair.fixture.js';
import type { RelaySocket, SocketEnd } from './relay-socket.js';

let clock: FakeClock;
let relay: TinyRelay;
beforeEach(async () => {
	clock = new FakeClock();
	relay = await TinyRelay.listen(clock);
});
afterEach(() => relay.close());

/** Starts a socket. */
function listenTo(socket: RelaySocket, onText: (text: string) => void = () => {}) {
	const texts: string[] = [];
	const closed: SocketEnd[] = [];
	socket.start({
		text(text) {
			texts.push(text);
			onText(text);
		},
		closed: (end) => closed.push(end),
	});
	return { texts, closed };
}

/** A connection whose peer takes what it likes. */
function slowStream() {
	const stream = Object.assign(new EventEmitter(), { writableLength: 1000, _handle: { writeQueueSize: 600 }, destroyed: false });
	const nothing = () => stream;
	Object.assign(stream, { setTimeout: nothing, setNoDelay: nothing, setKeepAlive: nothing, end: nothing, resume: nothing, write: nothing });
	return Object.assign(stream, { destroy: () => Object.assign(stream, { destroyed: true }) });
}

describe('a relay socket', () => {
	it('hears texts, whole and in fragments, with pings between them answered', async () => {
		const { client, socket } = await relay.client();
		const { texts } = listenTo(socket);
		const ponged = new Promise<string>((resolve) => client.once('pong', (data) => resolve(data.toString())));
		client.send('{"a":1}');
		client.send('grü', { fin: false });
		client.ping('still there?');
		client.send('ße', { fin: true });
		await vi.waitFor(() => expect(texts).toEqual(['{"a":1}', 'grüße']));
		expect(await ponged).toBe('still there?');
	});

	it('hears a text whose bytes come one by one, a letter cut between fragments included', async () => {
		const { client, socket } = await relay.raw();
		const { texts } = listenTo(socket);
		const [first, second] = [Buffer.from('ü').subarray(0, 1), Buffer.from('ü').subarray(1)];
		const bytes = Buffer.concat([
			clientFrame({ opcode: Opcode.TEXT, payload: first, isFinal: false }),
			clientFrame({ opcode: Opcode.CONTINUATION, payload: second }),
			textFrame('x'.repeat(4096)),
		]);
		for (const byte of bytes) client.write(Buffer.from([byte]));
		await vi.waitFor(() => expect(texts).toEqual(['ü', 'x'.repeat(4096)]));
	});

	it('speaks in texts, and says goodbye', async () => {
		const { client, socket } = await relay.client();
		const { closed } = listenTo(socket);
		const [arriving, gone] = [messages(client, 1), closing(client)];
		socket.send('hello');
		expect((await arriving)[0]).toMatchObject({ isBinary: false, data: Buffer.from('hello') });
		socket.close(4401, 'AUTH_FAILED');
		socket.close(4402, 'PROTOCOL_ORDER');
		expect(socket.isOpen).toBe(false);
		expect(await gone).toEqual({ code: 4401, reason: 'AUTH_FAILED' });
		await vi.waitFor(() => expect(closed).toEqual([{ code: 4401, reason: 'AUTH_FAILED' }]));
		expect(clock.pending).toBe(0);
	});

	it('tells how its peer ended: with words, without, and lost', async () => {
		for (const [end, told] of [
			[(client: { close(code?: number, reason?: string): void }) => client.close(4000, 'bye'), { code: 4000, reason: 'bye' }],
			[(client: { close(): void }) => client.close(), { code: 1005, reason: '' }],
			[(client: { terminate(): void }) => client.terminate(), { code: 1006, reason: '' }],
		] as const) {
			const { client, socket } = await relay.client();
			const { closed } = listenTo(socket);
			end(client);
			await vi.waitFor(() => expect(closed).toEqual([told]));
		}
		expect(clock.pending).toBe(0);
	});

	it('tells of a peer that was gone before anybody listened', async () => {
		const { client, socket } = await relay.client();
		socket.terminate();
		await closing(client);
		const { closed } = listenTo(socket);
		await vi.waitFor(() => expect(closed).toEqual([{ code: 1006, reason: '' }]));
	});

	it('ends within a second where the peer answers no goodbye', async () => {
		const { socket } = await relay.raw();
		const { closed } = listenTo(socket);
		socket.close(4408, 'HANDSHAKE_TIMEOUT');
		clock.advance(999);
		await new Promise(setImmediate);
		expect(closed).toEqual([]);
		clock.advance(1);
		await vi.waitFor(() => expect(closed).toEqual([{ code: 4408, reason: 'HANDSHAKE_TIMEOUT' }]));
	});

	it('answers the last of many pings that come together', async () => {
		const { client, socket } = await relay.raw();
		listenTo(socket);
		const frames = framesUntilEnd(client);
		client.end(Buffer.concat(Array.from({ length: 5000 }, (_, i) => clientFrame({ opcode: Opcode.PING, payload: Buffer.from(`${i}`) }))));
		const pongs = await frames;
		expect(pongs.at(-1)).toMatchObject({ opcode: Opcode.PONG, payload: Buffer.from('4999') });
		expect(pongs.length).toBeLessThan(100);
	});

	it('answers a ping before what it says to the text behind it', async () => {
		const { client, socket } = await relay.raw();
		listenTo(socket, () => socket.close(1000, 'heard'));
		const frames = framesUntilEnd(client);
		client.write(Buffer.concat([clientFrame({ opcode: Opcode.PING, payload: Buffer.from('1') }), textFrame('a')]));
		expect((await frames).map(({ opcode }) => opcode)).toEqual([Opcode.PONG, Opcode.CLOSE]);
	});

	it('ends a peer that asks and reads no answers', () => {
		const stream = Object.assign(slowStream(), { writableLength: 64 * 1024 });
		const socket = new FramedSocket(stream as unknown as Socket, Buffer.alloc(0), { address: '', isClient: false, clock });
		socket.send('a');
		expect(stream.destroyed).toBe(false);
		stream.writableLength++;
		socket.send('a');
		expect(stream.destroyed).toBe(true);
	});

	it('is not kept busy by empty fragments', async () => {
		const { client, socket } = await relay.raw();
		const { texts } = listenTo(socket);
		const text = 'x'.repeat(4095);
		const [begin, empty, end] = [
			clientFrame({ opcode: Opcode.TEXT, payload: Buffer.from(text), isFinal: false }),
			clientFrame({ opcode: Opcode.CONTINUATION, payload: Buffer.alloc(0), isFinal: false }),
			clientFrame({ opcode: Opcode.CONTINUATION, payload: Buffer.from('y') }),
		];
		const flood = Buffer.concat([begin, ...Array<Buffer>(10_000).fill(empty), end]);
		// Each would copy the text so far.
		const concat = vi.spyOn(Buffer, 'concat');
		client.write(flood);
		await vi.waitFor(() => expect(texts).toEqual([`${text}y`]));
		expect(concat.mock.calls.length).toBeLessThan(100);
		concat.mockRestore();
	});

	it('keeps what comes while it is held, at most one read of it, in its order', async () => {
		const { client, socket } = await relay.raw();
		const { texts } = listenTo(socket, (text) => {
			if (text === '1') socket.hold();
		});
		client.write(Buffer.concat(['1', '2', '3'].map(textFrame)));
		await vi.waitFor(() => expect(texts).toEqual(['1']));
		client.write(textFrame('4'));
		await new Promise(setImmediate);
		expect(texts).toEqual(['1']);
		socket.resume();
		await vi.waitFor(() => expect(texts).toEqual(['1', '2', '3', '4']));
	});

	it('reads no more behind what it keeps already', async () => {
		const { client, socket } = await relay.raw();
		const { texts } = listenTo(socket, () => socket.hold());
		const { bytesRead } = relay.stream;
		const rest = textFrame('x'.repeat(1000));
		client.write(Buffer.concat([textFrame('1'), rest]));
		await vi.waitFor(() => expect(texts).toEqual(['1']));
		// What is on its way when the read ends.
		for (let turn = 0; turn < 20; turn++) {
			client.write(Buffer.alloc(64 * 1024));
			await new Promise(setImmediate);
		}
		expect(relay.stream.bytesRead - bytesRead).toBeLessThanOrEqual(64 * 1024);
		expect(relay.stream.bytesRead - bytesRead).toBeGreaterThanOrEqual(rest.length);
	});

	it('reads nothing behind the text that made the relay close it', async () => {
		const { client, socket } = await relay.raw();
		const { texts, closed } = listenTo(socket, () => socket.close(1000, 'enough'));
		client.end(Buffer.concat(['1', '2'].map(textFrame)));
		await vi.waitFor(() => expect(closed).toEqual([{ code: 1000, reason: 'enough' }]));
		expect(texts).toEqual(['1']);
	});
});

describe('a relay socket that is left', () => {
	it('waits for a peer as long as that takes something, be it part of a write', () => {
		const stream = slowStream();
		const socket = new FramedSocket(stream as unknown as Socket, Buffer.alloc(0), { address: '', isClient: false, clock });
		socket.leave({ code: 1000, reason: '' }, 5000);
		for (let i = 0; i < 10; i++) {
			stream._handle.writeQueueSize--;
			clock.advance(5000);
			expect(stream.destroyed).toBe(false);
		}
		clock.advance(5000);
		expect(stream.destroyed).toBe(true);
	});

	it('does not wait for the last word of a peer that has taken all', () => {
		const stream = slowStream();
		const socket = new FramedSocket(stream as unknown as Socket, Buffer.alloc(0), { address: '', isClient: false, clock });
		socket.leave({ code: 1000, reason: '' }, 5000);
		Object.assign(stream, { writableLength: 0, _handle: { writeQueueSize: 0 } });
		clock.advance(5000);
		expect(stream.destroyed).toBe(true);
	});
});

const over4KiB = Buffer.alloc(4097, 'x');

describe('a relay socket refuses', () => {
	it.each([
		['a frame without a mask', clientFrame({ opcode: Opcode.TEXT, payload: Buffer.from('a') }, null), 1002],
		['a reserved bit', clientFrame({ opcode: Opcode.TEXT, payload: Buffer.from('a'), reserved: 0x40 }), 1002],
		['a reserved data opcode', clientFrame({ opcode: 3, payload: Buffer.from('a') }), 1002],
		['a reserved control opcode', clientFrame({ opcode: 11, payload: Buffer.from('a') }), 1002],
		['a ping in fragments', clientFrame({ opcode: Opcode.PING, payload: Buffer.from('a'), isFinal: false }), 1002],
		['a ping of 126 bytes', clientFrame({ opcode: Opcode.PING, payload: Buffer.alloc(126) }), 1002],
		['a continuation of nothing', clientFrame({ opcode: Opcode.CONTINUATION, payload: Buffer.from('a') }), 1002],
		['a text within a text', Buffer.concat([clientFrame({ opcode: Opcode.TEXT, payload: Buffer.from('a'), isFinal: false }), textFrame('b')]), 1002],
		['a close of one byte', clientFrame({ opcode: Opcode.CLOSE, payload: Buffer.from([3]) }), 1002],
		['a close with a code that is never sent', clientFrame({ opcode: Opcode.CLOSE, payload: Buffer.from([3, 0xee]) }), 1002],
		['a close whose reason is no UTF-8', clientFrame({ opcode: Opcode.CLOSE, payload: Buffer.from([3, 0xe8, 0xff]) }), 1007],
		['a text that is no UTF-8', clientFrame({ opcode: Opcode.TEXT, payload: Buffer.from([0xc3, 0x28]) }), 1007],
		['bytes', clientFrame({ opcode: Opcode.BINARY, payload: Buffer.from('a') }), 4400],
		['a text of more than 4 KiB', clientFrame({ opcode: Opcode.TEXT, payload: over4KiB }), 4409],
		[
			'fragments of more than 4 KiB',
			Buffer.concat([
				clientFrame({ opcode: Opcode.TEXT, payload: over4KiB.subarray(1), isFinal: false }),
				clientFrame({ opcode: Opcode.CONTINUATION, payload: Buffer.from('x') }),
			]),
			4409,
		],
		['the mere announcement of 2^63 bytes', Buffer.from('81ff7fffffffffffffff00000000', 'hex'), 4409],
	])('%s', async (_, bytes, code) => {
		const { client, socket } = await relay.raw();
		const { texts, closed } = listenTo(socket);
		const frames = framesUntilEnd(client);
		client.write(bytes);
		await vi.waitFor(() => expect(socket.isOpen).toBe(false));
		client.end();
		expect(closeOf(await frames).code).toBe(code);
		await vi.waitFor(() => expect(closed.map((end) => end.code)).toEqual([code]));
		expect(texts).toEqual([]);
	});

	it('a broken frame in the words of WebSocket, and tells its owner', async () => {
		const { client, socket } = await relay.raw();
		const frames = framesUntilEnd(client);
		const refusal = vi.fn(() => ({ code: 1000, reason: 'never said' }));
		socket.start({ text() {}, closed() {}, refusal });
		client.end(clientFrame({ opcode: Opcode.TEXT, payload: Buffer.from([0xc3, 0x28]) }));
		expect(closeOf(await frames)).toEqual({ code: 1007, reason: 'MALFORMED_FRAME' });
		expect(refusal.mock.calls).toEqual([[{ code: 1007, reason: 'MALFORMED_FRAME' }]]);
	});

	it('bytes in the words its owner chooses', async () => {
		const { client, socket } = await relay.client();
		const gone = closing(client);
		socket.start({ text() {}, closed() {}, refusal: ({ code }) => ({ code: 1000, reason: `not ${code}` }) });
		client.send(Buffer.from('bytes'));
		expect(await gone).toEqual({ code: 1000, reason: 'not 4400' });
	});
});
