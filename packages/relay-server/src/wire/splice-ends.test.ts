import { FakeClock } from '@linkscope/core/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Opcode } from './frame-header.js';
import { clientFrame, closeOf, framesUntilEnd, readFrames, textFrame } from './raw-frames.fixture.js';
import { closing, LIMITS, messages, splicedClients, spliceSockets, TinyRelay } from './relay-pair.fixture.js';
import { splice } from './splice.js';
import type { SpliceOptions } from './splice-options.js';

let clock: FakeClock;
let relay: TinyRelay;
beforeEach(async () => {
	clock = new FakeClock();
	relay = await TinyRelay.listen(clock);
});
afterEach(() => relay.close());

const BIG = 100_000;

/** A raw dialler, whose bytes can be anything, and a listener of ws. */
async function rawDialler(options: Partial<SpliceOptions> = {}) {
	const { client: dialler, socket } = await relay.raw();
	const { client: listener, socket: listenerSocket } = await relay.client();
	return { dialler, listener, ...spliceSockets(socket, listenerSocket, { clock, ...options }) };
}

/** The first bytes of a big frame, once they have arrived: from then on the listener is in the middle of it. */
async function sendHalf(dialler: { write(bytes: Buffer): void }, splice: { fromDialler: { frames: number } }): Promise<Buffer> {
	const frame = clientFrame({ opcode: Opcode.BINARY, payload: Buffer.alloc(BIG, 7) });
	const before = splice.fromDialler.frames;
	dialler.write(frame.subarray(0, 1000));
	await vi.waitFor(() => expect(splice.fromDialler.frames).toBe(before + 1));
	return frame.subarray(1000);
}

describe('the end of one side', () => {
	it('is told to the other behind all that it has sent, and answered by it', async () => {
		const { dialler, listener, ended, closed } = await splicedClients(relay, { clock });
		const got = messages(listener, 3);
		const both = Promise.all([closing(dialler), closing(listener)]);
		for (const text of ['1', '2', '3']) dialler.send(text);
		dialler.close(4321, 'enough');
		expect((await got).map(({ data }) => data.toString())).toEqual(['1', '2', '3']);
		expect(await both).toEqual([
			{ code: 4321, reason: 'enough' },
			{ code: 4321, reason: 'enough' },
		]);
		expect(await ended).toEqual({ code: 4321, reason: 'enough', cause: 'closed', by: 'dialler' });
		await closed;
		expect(clock.pending).toBe(0);
	});

	it('without a code stays without one', async () => {
		const { dialler, listener } = await splicedClients(relay, { clock });
		const gone = closing(dialler);
		listener.close();
		expect(await gone).toEqual({ code: 1005, reason: '' });
	});

	it('is told with 1000 and the same reason where a ONE key is involved', async () => {
		const { dialler, listener, ended, closed } = await splicedClients(relay, { clock, alwaysNormal: true, durationMs: 60_000 });
		const gone = closing(dialler);
		listener.close(4321, 'Close called: Route is disabled');
		expect(await gone).toEqual({ code: 1000, reason: 'Close called: Route is disabled' });
		expect(await ended).toMatchObject({ code: 4321, by: 'listener' });
		await closed;
		expect(clock.pending).toBe(0);
	});

	it('still lets the other finish what it is sending', async () => {
		const { client: dialler, socket } = await relay.raw();
		const { client: listener, socket: listenerSocket } = await relay.raw();
		spliceSockets(socket, listenerSocket, { clock });
		const frames = framesUntilEnd(dialler);
		dialler.write(Buffer.concat([textFrame('question'), clientFrame({ opcode: Opcode.CLOSE, payload: Buffer.from([3, 0xe8]) })]));
		const heard = await new Promise<Buffer>((resolve) => {
			let bytes = Buffer.alloc(0);
			listener.on('data', (chunk) => {
				bytes = Buffer.concat([bytes, chunk]);
				if (readFrames(bytes).length === 2) resolve(bytes);
			});
		});
		expect(readFrames(heard).map(({ opcode }) => opcode)).toEqual([Opcode.TEXT, Opcode.CLOSE]);
		listener.write(Buffer.concat([textFrame('answer'), clientFrame({ opcode: Opcode.CLOSE, payload: Buffer.from([3, 0xe8]) })]));
		const [answer, close] = await frames;
		expect([answer?.payload.toString(), close?.payload.readUInt16BE(0)]).toEqual(['answer', 1000]);
	});

	it('is answered by the relay where the other says nothing for a second', async () => {
		const { client: dialler, socket } = await relay.client();
		const { socket: listenerSocket } = await relay.raw();
		const { ended, closed } = spliceSockets(socket, listenerSocket, { clock });
		const gone = closing(dialler);
		dialler.close(4000, 'bye');
		await vi.waitFor(() => expect(clock.pending).toBe(1));
		clock.advance(1000);
		expect(await gone).toEqual({ code: 4000, reason: 'bye' });
		expect(await ended).toMatchObject({ cause: 'closed', by: 'dialler' });
		clock.advance(LIMITS.stallTimeoutMs);
		await closed;
		expect(clock.pending).toBe(0);
	});

	it('lost without a word is told as 1014', async () => {
		for (const lose of ['resetAndDestroy', 'end'] as const) {
			const { dialler, listener, ended, closed } = await rawDialler();
			const gone = closing(listener);
			dialler[lose]();
			expect(await gone).toEqual({ code: 1014, reason: 'peer connection lost' });
			expect(await ended).toEqual({ code: 1014, reason: 'peer connection lost', cause: 'lost', by: 'dialler' });
			await closed;
		}
	});

	it('lost in the head of a frame is no half frame', async () => {
		const { dialler, listener } = await rawDialler();
		const gone = closing(listener);
		dialler.end(Buffer.concat([textFrame('whole'), Buffer.from([0x82])]));
		expect(await gone).toEqual({ code: 1014, reason: 'peer connection lost' });
	});

	it('lost in the middle of a frame ends the other without a word', async () => {
		const { dialler, listener, splice } = await rawDialler();
		const gone = closing(listener);
		await sendHalf(dialler, splice);
		dialler.resetAndDestroy();
		expect(await gone).toEqual({ code: 1006, reason: '' });
	});

	it('that came before the splice is told as soon as it stands', async () => {
		const { client: dialler, socket } = await relay.client();
		const { socket: listenerSocket } = await relay.client();
		await new Promise((closed) => {
			listenerSocket.start({ text() {}, closed });
			listenerSocket.terminate();
		});
		socket.start({ text() {}, closed() {} });
		const [gone, ended] = [closing(dialler), vi.fn()];
		splice(socket, listenerSocket, { clock, ...LIMITS, ended });
		expect(ended).not.toHaveBeenCalled();
		expect(await gone).toEqual({ code: 1014, reason: 'peer connection lost' });
		expect(ended.mock.calls).toMatchObject([[{ cause: 'lost', by: 'listener' }]]);
	});

	it('by the hand of the relay alone is an end as any other', async () => {
		const { listener, diallerSocket, ended } = await splicedClients(relay, { clock });
		const gone = closing(listener);
		diallerSocket.terminate();
		expect(await gone).toEqual({ code: 1014, reason: 'peer connection lost' });
		expect(await ended).toMatchObject({ cause: 'lost', by: 'dialler' });
	});
});

describe('a splice that the relay ends', () => {
	it('tells both, and tells why', async () => {
		const { dialler, listener, splice, ended, closed } = await splicedClients(relay, { clock });
		const both = Promise.all([closing(dialler), closing(listener)]);
		splice.close(1012, 'relay restarting');
		splice.close(1000, 'again');
		const told = { code: 1012, reason: 'relay restarting' };
		expect(await both).toEqual([told, told]);
		expect(await ended).toEqual({ ...told, cause: 'relay', by: 'relay' });
		await closed;
		expect(clock.pending).toBe(0);
	});

	it('tells both where one of its sockets is closed', async () => {
		const { dialler, listener, diallerSocket } = await splicedClients(relay, { clock });
		const both = Promise.all([closing(dialler), closing(listener)]);
		diallerSocket.close(1012, 'relay restarting');
		expect((await both).map(({ code }) => code)).toEqual([1012, 1012]);
	});

	it('waits for the end of a frame, and for nothing behind it', async () => {
		const { dialler, listener, splice } = await rawDialler();
		const frames = framesUntilEnd(dialler);
		const [got, gone] = [messages(listener, 1), closing(listener)];
		const rest = await sendHalf(dialler, splice);
		splice.close(1012, 'relay restarting');
		dialler.write(Buffer.concat([rest, textFrame('too late')]));
		expect((await got)[0]?.data.length).toBe(BIG);
		expect(await gone).toEqual({ code: 1012, reason: 'relay restarting' });
		dialler.end();
		expect(closeOf(await frames).code).toBe(1012);
		expect(splice.fromDialler).toMatchObject({ frames: 1, bytes: BIG });
	});

	it('waits a second for it', async () => {
		const { dialler, listener, splice } = await rawDialler();
		const gone = closing(listener);
		await sendHalf(dialler, splice);
		splice.close(1012, 'relay restarting');
		clock.advance(1000);
		expect(await gone).toEqual({ code: 1006, reason: '' });
	});

	it('was piped for its time', async () => {
		const { dialler, ended } = await splicedClients(relay, { clock, durationMs: 60_000 });
		const gone = closing(dialler);
		clock.advance(60_000);
		expect(await gone).toEqual({ code: 4413, reason: 'RELAY_QUOTA' });
		expect(await ended).toMatchObject({ cause: 'limit', by: 'relay' });
	});

	it('has piped its volume, both ways together, and lets no frame begin that goes beyond', async () => {
		const { dialler, listener, splice, ended } = await splicedClients(relay, { clock, totalBytes: 1000 });
		const [there, back] = [messages(listener, 1), messages(dialler, 1)];
		dialler.send(Buffer.alloc(600));
		await there;
		listener.send(Buffer.alloc(400));
		await back;
		const gone = closing(listener);
		dialler.send('x');
		expect(await gone).toEqual({ code: 4413, reason: 'RELAY_QUOTA' });
		expect(await ended).toMatchObject({ cause: 'limit', by: 'dialler' });
		expect([splice.fromDialler.bytes, splice.fromListener.bytes]).toEqual([600, 400]);
	});
});

describe('a splice refuses, and tells both', () => {
	it.each([
		['a frame beyond the limit', clientFrame({ opcode: Opcode.BINARY, payload: Buffer.alloc(1001) }), { code: 4409, reason: 'MESSAGE_TOO_BIG' }],
		['the mere announcement of 2^63 bytes', Buffer.from('82ff7fffffffffffffff00000000', 'hex'), { code: 4409, reason: 'MESSAGE_TOO_BIG' }],
		['a frame without a mask', clientFrame({ opcode: Opcode.BINARY, payload: Buffer.from('a') }, null), { code: 1002, reason: 'MALFORMED_FRAME' }],
		[
			'a compressed frame, which nobody has agreed on',
			clientFrame({ opcode: Opcode.TEXT, payload: Buffer.from('a'), reserved: 0x40 }),
			{ code: 1002, reason: 'MALFORMED_FRAME' },
		],
		['a ping of 126 bytes', clientFrame({ opcode: Opcode.PING, payload: Buffer.alloc(126) }), { code: 1002, reason: 'MALFORMED_FRAME' }],
		['a continuation of nothing', clientFrame({ opcode: Opcode.CONTINUATION, payload: Buffer.from('a') }), { code: 1002, reason: 'MALFORMED_FRAME' }],
		['a close of one byte', clientFrame({ opcode: Opcode.CLOSE, payload: Buffer.from([3]) }), { code: 1002, reason: 'MALFORMED_FRAME' }],
		[
			'a close whose reason is no UTF-8',
			clientFrame({ opcode: Opcode.CLOSE, payload: Buffer.from([3, 0xe8, 0xff]) }),
			{ code: 1007, reason: 'MALFORMED_FRAME' },
		],
	])('%s', async (_, bytes, told) => {
		const { dialler, listener, ended } = await rawDialler({ maxFrameBytes: 1000 });
		const [got, gone] = [messages(listener, 1), closing(listener)];
		const frames = framesUntilEnd(dialler);
		dialler.write(Buffer.concat([textFrame('before'), bytes, textFrame('behind')]));
		expect((await got)[0]?.data.toString()).toBe('before');
		expect(await gone).toEqual(told);
		dialler.end();
		expect(closeOf(await frames)).toEqual(told);
		expect(await ended).toMatchObject({ ...told, by: 'dialler' });
	});
});
