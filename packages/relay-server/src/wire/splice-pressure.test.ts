import { FakeClock } from '@linkscope/core/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type WebSocket from 'ws';
import type { FramedSocket } from './framed-socket.js';
import { HeldBytes } from './held-bytes.js';
import { closing, LIMITS, MiB, messages, splicedClients, TinyRelay } from './relay-pair.fixture.js';
import type { Splice } from './splice-options.js';

let clock: FakeClock;
let relay: TinyRelay;
beforeEach(async () => {
	clock = new FakeClock();
	relay = await TinyRelay.listen(clock);
});
afterEach(() => relay.close());

/** More than two connections' buffers in the system hold, and the relay on top. */
const MANY = 48;
const READ_BYTES = 64 * 1024;

/** A listener that reads nothing, and a dialler that has sent so much that it cannot get rid of all. */
async function stalled(count = MANY) {
	const all = await splicedClients(relay, { clock });
	const held = () => (all.listenerSocket as FramedSocket).heldBytes;
	all.listener.pause();
	for (let i = 0; i < count; i++) all.dialler.send(Buffer.alloc(MiB, i));
	await vi.waitFor(() => expect(held()).toBeGreaterThanOrEqual(LIMITS.heldBytesPerDirection));
	return { ...all, held };
}

/** So many turns of the event loop that what is on its way has come. */
async function turns(): Promise<void> {
	for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
}

/** Lets a client read so many messages and stop again. */
async function read(client: WebSocket, count: number): Promise<void> {
	const got = messages(client, count);
	client.resume();
	await got;
	client.pause();
	await turns();
}

describe('a reader that stops', () => {
	it('makes the relay stop its sender, with what it may hold and one read more, and gets all once it reads on', async () => {
		const { dialler, listener, held, closed } = await stalled();
		await turns();
		expect(held()).toBeLessThanOrEqual(LIMITS.heldBytesPerDirection + READ_BYTES);
		expect(dialler.bufferedAmount).toBeGreaterThan(MiB);
		const got = messages(listener, MANY);
		listener.resume();
		expect((await got).every(({ data }, i) => data.equals(Buffer.alloc(MiB, i)))).toBe(true);
		dialler.close();
		await closed;
		expect(clock.pending).toBe(0);
	});

	it('harms neither its own sending nor another splice', async () => {
		const { dialler, listener } = await stalled();
		const back = messages(dialler, 1);
		listener.send('I can still speak');
		expect((await back)[0]?.data.toString()).toBe('I can still speak');
		const other = await splicedClients(relay, { clock });
		other.listener.on('message', (data) => other.listener.send(data));
		const echoes = messages(other.dialler, 100);
		for (let i = 0; i < 100; i++) other.dialler.send(String(i));
		expect((await echoes).map(({ data }) => Number(data.toString()))).toEqual(Array.from({ length: 100 }, (_, i) => i));
	});

	it('for 30 s is told 4440, and so is its sender', async () => {
		const { dialler, listener, ended, closed } = await stalled();
		const gone = closing(dialler);
		clock.advance(LIMITS.stallTimeoutMs);
		expect(await gone).toEqual({ code: 4440, reason: 'SLOW_READER' });
		const told = closing(listener);
		listener.resume();
		expect(await told).toEqual({ code: 4440, reason: 'SLOW_READER' });
		expect(await ended).toEqual({ code: 4440, reason: 'SLOW_READER', cause: 'slow-reader', by: 'listener' });
		await closed;
	});

	it('and does not hear that either is let go of', async () => {
		const { ended, closed } = await stalled();
		clock.advance(LIMITS.stallTimeoutMs);
		await turns();
		clock.advance(1000);
		clock.advance(1000);
		expect(await ended).toMatchObject({ cause: 'slow-reader' });
		await closed;
		expect(clock.pending).toBe(0);
	});

	it('but takes something now and then is waited for', async () => {
		const { listener, listenerSocket, ended } = await stalled();
		const progress = () => (listenerSocket as FramedSocket).progress;
		for (let i = 0; i < 4; i++) {
			clock.advance(0.6 * LIMITS.stallTimeoutMs);
			for (const before = progress(); progress() === before; ) await read(listener, 1);
		}
		let hasEnded = false;
		void ended.then(() => {
			hasEnded = true;
		});
		await new Promise(setImmediate);
		expect(hasEnded).toBe(false);
		await vi.waitFor(() => {
			clock.advance(LIMITS.stallTimeoutMs);
			expect(hasEnded).toBe(true);
		});
	});

	it('and resets tells its sender at once', async () => {
		const { dialler, listener, closed } = await stalled();
		const gone = closing(dialler);
		listener.terminate();
		expect(await gone).toEqual({ code: 1014, reason: 'peer connection lost' });
		await closed;
		expect(clock.pending).toBe(0);
	});

	it('gets all that a sender said before its goodbye, when it reads on in time', async () => {
		const { dialler, listener, listenerSocket, splice, ended } = await splicedClients(relay, { clock });
		listener.pause();
		let sent = 0;
		for (; (listenerSocket as FramedSocket).heldBytes === 0; sent++) {
			dialler.send(Buffer.alloc(MiB - 1));
			dialler.send('x');
			await vi.waitFor(() => expect(splice.fromDialler.frames).toBe(2 * sent + 2), { interval: 1 });
		}
		const answered = closing(dialler);
		dialler.close(1000, 'all sent');
		await vi.waitFor(() => expect(clock.pending).toBe(1));
		clock.advance(1000);
		expect(await answered).toEqual({ code: 1000, reason: 'all sent' });
		clock.advance(LIMITS.stallTimeoutMs - 1);
		const [got, gone] = [messages(listener, 2 * sent), closing(listener)];
		listener.resume();
		expect((await got).length).toBe(2 * sent);
		expect(await gone).toEqual({ code: 1000, reason: 'all sent' });
		expect(await ended).toMatchObject({ code: 1000, cause: 'closed' });
	});
});

describe('readers that stop, each before its limit', () => {
	it('share one limit, beyond which each has 30 s', async () => {
		const splices: Splice[] = [];
		const heldInAll = new HeldBytes(MiB, () => {
			for (const splice of splices) splice.tighten();
		});
		const pairs = await Promise.all([1, 2, 3].map(() => splicedClients(relay, { clock, heldInAll })));
		splices.push(...pairs.map(({ splice }) => splice));
		const ends = pairs.map(({ dialler }) => closing(dialler));
		const [first, second, third] = pairs as [Pair, Pair, Pair];
		await stall(first, (held) => held > 3 * READ_BYTES);
		await stall(second, (held) => held > 3 * READ_BYTES);
		expect(heldInAll.isTooMuch).toBe(false);
		clock.advance(LIMITS.stallTimeoutMs);
		expect(first.dialler.readyState).toBe(first.dialler.OPEN);
		await stall(third, () => heldInAll.isTooMuch);
		clock.advance(LIMITS.stallTimeoutMs);
		for (const end of ends) expect(await end).toEqual({ code: 4440, reason: 'SLOW_READER' });
		clock.advance(2000);
		await Promise.all(pairs.map(({ closed }) => closed));
		expect(heldInAll.bytes).toBe(0);
		expect(clock.pending).toBe(0);
	});

	it('leave nothing of what they held when they read on', async () => {
		const heldInAll = new HeldBytes(MiB, () => {});
		const pair = await splicedClients(relay, { clock, heldInAll });
		await stall(pair, (held) => held > 3 * READ_BYTES);
		expect(heldInAll.bytes).toBeGreaterThanOrEqual(3 * READ_BYTES);
		pair.listener.resume();
		await vi.waitFor(() => expect(heldInAll.bytes).toBe(0));
	});
});

type Pair = Awaited<ReturnType<typeof splicedClients>>;

/** Until the relay holds enough for a listener that reads nothing. */
async function stall({ dialler, listener, listenerSocket }: Pair, isEnough: (held: number) => boolean): Promise<void> {
	listener.pause();
	const push = (): boolean => {
		dialler.send(Buffer.alloc(READ_BYTES));
		return isEnough((listenerSocket as FramedSocket).heldBytes);
	};
	await expect.poll(push, { interval: 1, timeout: 10_000 }).toBe(true);
}
