import { Connection, hub, type Note, type Payload } from '@linkscope/core';
import { createMemoryPair, FakeClock, type MemoryTransport, settle } from '@linkscope/core/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { type PingPongOptions, PingPongPlugin } from './ping-pong.js';

const undo: (() => void)[] = [];
afterEach(() => {
	for (const fn of undo.splice(0)) fn();
});

interface Setup {
	left?: PingPongOptions | null;
	right?: PingPongOptions | null;
	latencyMs?: number;
	highWaterBytes?: number;
}

/** Null: no plugin at that end. */
async function openPair({ left = {}, right = { ping: false }, latencyMs = 0, highWaterBytes }: Setup = {}) {
	const clock = new FakeClock();
	const [a, b] = createMemoryPair({ clock, latencyMs, highWaterBytes });
	const wire: Payload[] = [];
	const send = a.send.bind(a);
	a.send = (payload) => {
		wire.push(payload);
		return send(payload);
	};
	const plugins = [left, right].map((options) => options && new PingPongPlugin(options));
	const [near, far] = [a, b].map((end, i) => new Connection(end, { clock, initiator: i === 0, plugins: plugins[i] ? [plugins[i]] : [] })) as [
		Connection,
		Connection,
	];
	await Promise.all([near.open(), far.open()]);
	return { clock, a, b, near, far, wire, ping: plugins[0] as PingPongPlugin };
}

/** The far end stays there and says nothing, as behind a cable that was pulled out. */
function pullOut(end: MemoryTransport): void {
	end.send = () => true;
	end.close = () => {};
}

describe('the heartbeat', () => {
	test('asks every 30 s, is answered, and never reaches the application', async () => {
		const { clock, near, far, wire } = await openPair();
		const received: Payload[] = [];
		near.onMessage.on((message) => received.push(message));
		far.onMessage.on((message) => received.push(message));
		await clock.run(29_999);
		expect(wire).toEqual([]);
		await clock.run(1);
		expect(wire).toEqual(['\u0010P?1']);
		await clock.run(270_000);
		expect(wire).toHaveLength(10);
		expect(received).toEqual([]);
		expect(near.state).toBe('ACTIVE');
	});

	test('measures the round trip and its jitter, for the application and the instrumentation', async () => {
		const notes: Note[] = [];
		undo.push(hub.subscribe((event) => event.type === 'note' && notes.push(event.note)));
		const { clock, ping } = await openPair({ latencyMs: 25 });
		expect(ping.rttMs).toBeNull();
		expect(ping.jitterMs).toBeNull();
		await clock.run(31_000);
		expect(ping.rttMs).toBe(50);
		expect(ping.jitterMs).toBe(25);
		await clock.run(60_000);
		expect(ping.rttMs).toBe(50);
		expect(ping.jitterMs).toBeCloseTo(14.06, 1);
		expect(notes.filter((note) => note.kind === 'latency')).toHaveLength(3);
		expect(notes[0]).toEqual({ kind: 'latency', rttMs: 50, jitterMs: 25 });
	});

	test('answers the pings of the peer although it asks none itself', async () => {
		const { clock, near, far, wire } = await openPair({ left: { ping: false }, right: {} });
		await clock.run(90_000);
		expect(wire).toEqual(['\u0010P!1', '\u0010P!2', '\u0010P!3']);
		expect(near.state).toBe('ACTIVE');
		expect(far.state).toBe('ACTIVE');
	});

	test('stops with the connection', async () => {
		const { clock, near } = await openPair();
		await clock.run(100_000);
		await near.close();
		await settle();
		expect(clock.pending).toBe(0);
	});
});

describe('a half-open connection', () => {
	test('is found within two intervals, with 4408', async () => {
		const { clock, b, near } = await openPair();
		await clock.run(30_001);
		pullOut(b);
		await clock.run(59_999);
		expect(near.state).toBe('FAILED');
		expect(near.closeInfo).toMatchObject({ code: 4408, reason: 'HEARTBEAT_TIMEOUT', error: { code: 'HEARTBEAT_TIMEOUT' } });
		expect(near.closeInfo?.error?.message).toMatch(/3 pings within 14000 ms/);
	});

	test('is asked sooner the faster its peer answered before, and never sooner than the floor', async () => {
		const fast = await openPair({ left: { intervalMs: 30_000, minTimeoutMs: 100 }, latencyMs: 5 });
		await fast.clock.run(30_050);
		pullOut(fast.b);
		await fast.clock.run(30_000 + 700);
		expect(fast.near.state).toBe('FAILED');

		const unmeasured = await openPair({ left: { minTimeoutMs: 100 } });
		pullOut(unmeasured.b);
		await unmeasured.clock.run(59_999);
		expect(unmeasured.near.state).toBe('ACTIVE');
		await unmeasured.clock.run(1);
		expect(unmeasured.near.state).toBe('FAILED');
	});

	test('is alive while anything comes from it, pong or not', async () => {
		const { clock, near, far } = await openPair({ right: null });
		for (let i = 0; i < 200; i++) {
			far.send('still here');
			await clock.run(1_000);
		}
		expect(near.state).toBe('ACTIVE');
	});

	test('a single lost ping is forgiven: it asks again', async () => {
		const { clock, b, near } = await openPair();
		await clock.run(30_001);
		const send = b.send.bind(b);
		let lost = 0;
		b.send = (payload) => (lost++ === 0 ? true : send(payload));
		await clock.run(60_000);
		expect(lost).toBeGreaterThan(1);
		expect(near.state).toBe('ACTIVE');
	});
});

describe('sleep and throttling', () => {
	test('a timer that comes late asks again instead of declaring the peer dead', async () => {
		const { clock, near, wire } = await openPair();
		await clock.run(30_001);
		clock.suspend(3_600_000);
		expect(near.state).toBe('ACTIVE');
		await settle();
		await clock.run(60_000);
		expect(near.state).toBe('ACTIVE');
		expect(wire.length).toBeGreaterThan(2);
	});

	test('sleeping while a ping is under way neither kills the connection nor spoils the round trip', async () => {
		const { clock, near, ping } = await openPair({ latencyMs: 20 });
		await clock.run(61_000);
		const before = ping.rttMs;
		// The pong is on its way when we fall asleep, and is read before the late timer runs.
		clock.advance(29_030);
		clock.suspend(7_200_000);
		await clock.run(60_000);
		expect(near.state).toBe('ACTIVE');
		expect(ping.rttMs).toBeCloseTo(before as number, 0);
	});

	test('a page whose every timer is a minute late still finds a dead peer in the end', async () => {
		const { clock, b, near } = await openPair();
		pullOut(b);
		for (let minute = 0; minute < 12 && near.state === 'ACTIVE'; minute++) {
			clock.suspend(60_000);
			await settle();
		}
		expect(near.state).toBe('FAILED');
	});

	test('a page whose every timer is a minute late keeps a peer that answers', async () => {
		const { clock, near } = await openPair();
		for (let minute = 0; minute < 30; minute++) {
			clock.suspend(60_000);
			await settle();
		}
		expect(near.state).toBe('ACTIVE');
	});
});

describe('hostile peers and bad options', () => {
	test('a flood of pings from a peer that does not read gets one answer when it reads again', async () => {
		const { b, far, wire } = await openPair({ left: { ping: false }, right: null, highWaterBytes: 100 });
		b.pause();
		for (let i = 1; i <= 2_000; i++) far.send(`\u0010P?${i.toString(36)}`);
		await settle(10_000);
		// Up to the high water mark, and not one more.
		expect(wire.length).toBeLessThan(40);
		const answersHeld = wire.length;
		b.resume();
		await settle(10_000);
		expect(wire).toHaveLength(answersHeld + 1);
		expect(wire.at(-1)).toBe(`\u0010P!${(2_000).toString(36)}`);
	});

	test.each(['\u0010P?', '\u0010P', '\u0010Px1', '\u0010P?<script>', `\u0010P!${'9'.repeat(1000)}`, new Uint8Array([0x10, 0x50, 0x3f, 0x31])])(
		'%j is malformed: 4400',
		async (frame) => {
			const { near, far } = await openPair({ right: null });
			far.send(frame);
			await settle();
			expect(near.closeInfo).toMatchObject({ code: 4400, error: { code: 'MALFORMED_FRAME' } });
		},
	);

	test('a pong that nobody asked for counts for nothing', async () => {
		const { near, far, ping } = await openPair({ right: null });
		far.send('\u0010P!zzz');
		await settle();
		expect(near.state).toBe('ACTIVE');
		expect(ping.rttMs).toBeNull();
	});

	test.each([{ intervalMs: Number.NaN }, { intervalMs: -1 }, { intervalMs: 0 }, { minTimeoutMs: 0 }, { minTimeoutMs: 40_000 }])(
		'%j is a RangeError',
		(options) => {
			expect(() => new PingPongPlugin(options)).toThrow(RangeError);
			expect(() => new PingPongPlugin(options)).toThrow(Object.keys(options)[0]);
		},
	);
});
