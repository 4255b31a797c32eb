import { hub, type Payload, type ProbeEvent } from '@linkscope/core';
import { FakeClock, settle } from '@linkscope/core/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { StatisticsPlugin } from '../statistics.js';
import type { ContinuityPlugin } from './continuity-plugin.js';
import { ContinuitySession } from './continuity-session.js';
import { ContinuitySessions } from './continuity-sessions.js';
import { SecuredPair, type SecuredPairOptions } from './fixtures/secured-pair.js';
import type { ContinuityLost } from './session-state.js';

const undo: (() => void)[] = [];
afterEach(() => {
	for (const fn of undo.splice(0)) fn();
});

/** A client's session, a server's sessions, and what each application received over whichever connection. */
function setUp(options: { windowMs?: number; maxBufferedBytes?: number } = {}) {
	const clock = new FakeClock();
	const session = new ContinuitySession({ clock, ...options });
	const sessions = new ContinuitySessions({ clock, ...options });
	const atServer: Payload[] = [];
	const atClient: Payload[] = [];
	const lost: ContinuityLost[] = [];
	session.onLost.on((event) => lost.push(event));
	const lostByServer: ContinuityLost[] = [];
	sessions.onSession.on((one) => one.onLost.on((event) => lostByServer.push(event)));
	const pair = (more: Partial<SecuredPairOptions> = {}) => {
		const made = new SecuredPair({ clock, left: [session.plugin()], right: [sessions.plugin()], ...more });
		made.right.onMessage.on((message) => atServer.push(message));
		made.left.onMessage.on((message) => atClient.push(message));
		return made;
	};
	const connect = async (more: Partial<SecuredPairOptions> = {}) => {
		const made = pair(more);
		expect(await made.open()).toEqual([null, null]);
		return made;
	};
	return { clock, session, sessions, atServer, atClient, lost, lostByServer, pair, connect };
}

const ofServer = (pair: SecuredPair) => pair.right.plugin<ContinuityPlugin>('continuity').session as ContinuitySession;

/** What the end sends from here on vanishes, as into a cable that was pulled out. */
function vanish(pair: SecuredPair): void {
	for (const end of pair.ends) end.send = () => true;
}

describe('a session', () => {
	test('goes on where the lost connection left it: everything once and in order, both ways, text as text', async () => {
		const { session, sessions, atServer, atClient, connect } = setUp();
		const first = await connect();
		first.left.send('arrives');
		first.right.send('arrives too');
		await settle();
		vanish(first);
		first.left.send('vanishes');
		first.left.send(new Uint8Array([1, 2]));
		first.right.send('vanishes as well');
		await settle();
		first.cut();
		session.send('sent while nothing was there');
		sessions.list()[0]?.send('from the server');
		const second = await connect();
		second.left.send('last');
		await settle();
		expect(atServer).toEqual(['arrives', 'vanishes', new Uint8Array([1, 2]), 'sent while nothing was there', 'last']);
		expect(atClient).toEqual(['arrives too', 'vanishes as well', 'from the server']);
		expect([session.generation, sessions.size, ofServer(second).id]).toEqual([2, 1, session.id]);
	});

	test('sends nothing twice that only the acknowledgement of was lost', async () => {
		const { atServer, connect } = setUp();
		const first = await connect();
		first.ends[1].send = () => true;
		for (let i = 0; i < 100; i++) first.left.send(`${i}`);
		await settle(300);
		first.cut();
		const second = await connect();
		await settle();
		expect(atServer).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`));
		expect(second.fromLeft.filter((frame) => /^\d/.test(String(frame)))).toEqual([]);
	});

	test('keeps what was sent before the first connection', async () => {
		const { session, atServer, connect } = setUp();
		session.send('early');
		await connect();
		await settle();
		expect(atServer).toEqual(['early']);
	});

	test('survives many connections, the last acknowledgement of each lost', async () => {
		const { session, atServer, connect } = setUp();
		const expected: string[] = [];
		for (let round = 0; round < 20; round++) {
			const pair = await connect();
			for (let i = 0; i < 10; i++) {
				expected.push(`${round}.${i}`);
				pair.left.send(`${round}.${i}`);
			}
			await settle(round);
			pair.cut();
		}
		await connect();
		await settle();
		expect(atServer).toEqual(expected);
		expect(session.generation).toBe(21);
	});

	test('copies bytes: what a lower plugin does to them is not sent again', async () => {
		const { atServer, connect } = setUp();
		const first = await connect();
		first.ends[0].send = (payload) => {
			if (payload instanceof Uint8Array) payload.fill(0);
			return true;
		};
		first.left.send(new Uint8Array([1, 2, 3]));
		first.cut();
		await connect();
		await settle();
		expect(atServer).toEqual([new Uint8Array([1, 2, 3])]);
	});

	test('hides a message that looks like its own frames', async () => {
		const { atServer, connect } = setUp();
		const { left } = await connect();
		const messages = ['\u0010Sa0', '\u0010Se0', new TextEncoder().encode('\u0010Sux'), '{"type":"continuity_open"}'];
		for (const message of messages) left.send(typeof message === 'string' ? message : message.slice());
		await settle();
		expect(atServer).toEqual(messages);
	});

	test('lets the handshake of a plugin above pass, uncounted', async () => {
		const { session, sessions, atServer, connect } = setUp();
		const seen: Payload[] = [];
		const above = () => ({
			name: 'above',
			async handshake(wire: { send(p: Payload): void; read(): Promise<Payload> }) {
				wire.send('hello');
				wire.send(new Uint8Array([7]));
				seen.push(await wire.read(), await wire.read());
			},
		});
		for (let round = 0; round < 2; round++) {
			const pair = await connect({ left: [session.plugin(), above()], right: [sessions.plugin(), above()] });
			pair.left.send(`${round}`);
			await settle();
			pair.cut();
		}
		expect(seen).toEqual(
			Array(4)
				.fill(['hello', new Uint8Array([7])])
				.flat(),
		);
		expect(atServer).toEqual(['0', '1']);
	});

	test('ends with the close of its connection, in good order and on both ends', async () => {
		const { clock, session, sessions, atServer, atClient, lost, lostByServer, connect } = setUp();
		const { left, right } = await connect({ highWaterBytes: 10 });
		for (let i = 0; i < 50; i++) left.send(`to the server ${i}`);
		for (let i = 0; i < 50; i++) right.send(`to the client ${i}`);
		await left.close();
		await settle();
		expect([atServer.length, atClient.length]).toEqual([50, 50]);
		expect([left.state, right.state, session.isAlive, sessions.size, lost.length, lostByServer.length]).toEqual(['CLOSED', 'CLOSED', false, 0, 0, 0]);
		expect(() => session.send('too late')).toThrow(expect.objectContaining({ code: 'CONNECTION_CLOSED' }));
		expect(clock.pending).toBe(0);
	});

	test('ends well when both ends close at once, and when its owner closes it', async () => {
		const { clock, session, sessions, lost, lostByServer, connect } = setUp();
		const { left, right } = await connect();
		left.send('a');
		right.send('b');
		await Promise.all([left.close(), right.close()]);
		await settle();
		expect([session.isAlive, sessions.size, lost.length, lostByServer.length, clock.pending]).toEqual([false, 0, 0, 0, 0]);

		const other = setUp();
		const pair = await other.connect();
		other.sessions.close();
		await settle();
		expect([pair.left.state, pair.left.closeInfo?.code, other.session.isAlive, other.sessions.size]).toEqual(['CLOSED', 1000, false, 0]);
	});

	test('acknowledges in batches, after a while, and along with what it sends', async () => {
		const { clock, session, connect } = setUp();
		const { left, right, fromRight } = await connect();
		const acks = () => fromRight.filter((frame) => String(frame).startsWith('\u0010Sa')).slice(1);
		for (let i = 0; i < 64; i++) left.send(`${i}`);
		await settle(200);
		expect(acks()).toEqual(['\u0010Saw', '\u0010Sa1s']);
		left.send(new Uint8Array(64 * 1024));
		await settle();
		expect(acks()).toHaveLength(3);
		left.send('one more');
		await clock.run(199);
		expect(acks()).toHaveLength(3);
		await clock.run(1);
		expect(acks()).toHaveLength(4);
		await clock.run(1_000);
		left.send('a question');
		await settle();
		right.send('its answer');
		expect(fromRight.slice(-2)).toEqual(['\u0010Sa1v', 'its answer']);
		await settle();
		expect(session.bufferedBytes).toBe(0);
	});
});

test('keeps a message whose send() throws because its connection fails in that moment', async () => {
	const { session, atServer, connect } = setUp();
	const pair = await connect();
	pair.ends[0].send = () => {
		throw new Error('the socket is gone');
	};
	expect(() => pair.left.send('kept')).toThrow();
	expect(pair.left.state).toBe('FAILED');
	expect(session.bufferedBytes).toBeGreaterThan(0);
	pair.cut();
	await connect();
	await settle();
	expect(atServer).toEqual(['kept']);
});

test('leaves no timer of the connection behind', async () => {
	const { clock, session, connect } = setUp();
	const pair = await connect();
	pair.left.send('to acknowledge after a while');
	pair.right.send('this one too');
	await settle();
	pair.cut();
	expect(session.isAlive).toBe(true);
	expect(clock.pending).toBe(2);
});

describe('what cannot go on', () => {
	test('is reported after the window, with what may not have arrived', async () => {
		const events: ProbeEvent[] = [];
		undo.push(hub.subscribe((event) => events.push(event)));
		const { clock, session, sessions, lost, lostByServer, connect } = setUp();
		const pair = await connect();
		const { left, right } = pair;
		left.send('acknowledged');
		await clock.run(500);
		right.send('x');
		left.send('perhaps');
		pair.cut();
		await clock.run(119_999);
		expect([lost.length, session.isAlive, sessions.size]).toEqual([0, true, 1]);
		await clock.run(1);
		expect(lost).toEqual([
			{ error: expect.objectContaining({ code: 'CONTINUITY_LOST', message: expect.stringContaining('120000 ms') }), unacknowledged: ['perhaps'] },
		]);
		expect(lostByServer).toHaveLength(1);
		expect(() => session.send('y')).toThrow(expect.objectContaining({ code: 'CONTINUITY_LOST' }));
		expect([sessions.size, clock.pending]).toEqual([0, 0]);
		const reported = events.filter((event) => event.type === 'error' && event.code === 'CONTINUITY_LOST').map((event) => event.id);
		expect(reported.sort()).toEqual([left.id, right.id].sort());
	});

	test('tries that lead nowhere do not make the window longer', async () => {
		const { clock, lost, pair, connect } = setUp();
		(await connect()).cut();
		for (let i = 0; i < 4; i++) {
			await clock.run(25_000);
			const attempt = pair();
			attempt.ends[1].send = () => true;
			void attempt.open();
			await settle();
			attempt.cut();
		}
		await clock.run(19_999);
		expect(lost).toHaveLength(0);
		await clock.run(1);
		expect(lost).toHaveLength(1);
	});

	test.each(['single', 'burst'] as const)('%s: a server that has forgotten the session says so', async (delivery) => {
		const { session, lost, connect } = setUp();
		const first = await connect();
		first.cut();
		session.send('kept');
		const restarted = new ContinuitySessions();
		const second = new SecuredPair({ clock: new FakeClock(), delivery, left: [session.plugin()], right: [restarted.plugin()] });
		expect(await second.open()).toEqual(['CONTINUITY_LOST', 'CONNECTION_CLOSED']);
		expect(second.left.closeInfo).toMatchObject({ code: 4404, reason: 'CONTINUITY_LOST' });
		expect(lost).toMatchObject([{ unacknowledged: ['kept'] }]);
		expect([session.isAlive, restarted.size]).toEqual([false, 0]);
	});

	test('a connection that is lost while it closes reports what was not acknowledged', async () => {
		const { clock, lost, connect } = setUp();
		const pair = await connect();
		vanish(pair);
		pair.left.send('never acknowledged');
		const closed = pair.left.close();
		await clock.run(5_000);
		await closed;
		expect(lost).toMatchObject([{ unacknowledged: ['never acknowledged'] }]);
	});
});

describe('a full buffer', () => {
	test('asks for a pause first, refuses the message beyond the bound, and goes on when the peer has caught up', async () => {
		const { clock, session, atServer, connect } = setUp({ maxBufferedBytes: 1024 * 1024 });
		const pair = await connect({ highWaterBytes: 10_000_000 });
		await settle();
		const { send } = pair.ends[1];
		pair.ends[1].send = () => true;
		const piece = 'x'.repeat(10_000);
		let taken = 1;
		while (pair.left.send(piece)) taken++;
		expect(taken * piece.length).toBeGreaterThan(700_000);
		const drained = pair.left.drained();
		expect(() => {
			for (;;) {
				pair.left.send(piece);
				taken++;
			}
		}).toThrow(expect.objectContaining({ code: 'SEND_QUEUE_FULL' }));
		expect(() => session.send(piece)).toThrow(expect.objectContaining({ code: 'SEND_QUEUE_FULL' }));
		expect(session.bufferedBytes).toBeLessThanOrEqual(1024 * 1024);
		pair.ends[1].send = send;
		await settle(1_000);
		pair.left.send('');
		await clock.run(200);
		await drained;
		expect(session.bufferedBytes).toBe(0);
		expect(pair.left.send(piece)).toBe(true);
		await settle();
		expect(atServer).toHaveLength(taken + 2);
	});

	test('counts empty messages too, and a message larger than the bound is too big', () => {
		const session = new ContinuitySession({ maxBufferedBytes: 1024 * 1024 });
		expect(() => session.send(new Uint8Array(1024 * 1024))).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_BIG' }));
		expect(() => {
			for (;;) session.send('');
		}).toThrow(expect.objectContaining({ code: 'SEND_QUEUE_FULL' }));
	});

	test('a message that the transport refuses is not counted', async () => {
		const { clock, session, atServer, connect } = setUp();
		const narrow = await connect({ maxMessageBytes: 1_000 });
		const { left } = narrow;
		left.send('before');
		expect(() => left.send('x'.repeat(2_000))).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_BIG' }));
		expect(() => session.send('x'.repeat(2_000))).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_BIG' }));
		left.send('after');
		await settle();
		expect(left.state).toBe('ACTIVE');
		narrow.cut();
		await connect();
		await clock.run(1_000);
		expect(atServer).toEqual(['before', 'after']);
		expect(session.bufferedBytes).toBe(0);
	});

	test('a kept message that does not fit through a new path ends that connection, and a wider one takes it', async () => {
		const { session, atServer, pair, connect } = setUp();
		(await connect()).cut();
		session.send('x'.repeat(2_000));
		const narrow = pair({ maxMessageBytes: 1_000 });
		expect(await narrow.open()).toContain('MESSAGE_TOO_BIG');
		narrow.cut();
		await connect();
		await settle();
		expect(atServer).toEqual(['x'.repeat(2_000)]);
	});

	test('much to send again overflows no handshake above', async () => {
		const { sessions, atClient, connect } = setUp();
		(await connect()).cut();
		const waiting = Array.from({ length: 100 }, (_, i) => `${i}:${'x'.repeat(30_000)}`);
		for (const message of waiting) sessions.list()[0]?.send(message);
		await connect({ delivery: 'burst' });
		await settle(3_000);
		expect(atClient).toEqual(waiting);
	});
});

test('options out of bounds are named', () => {
	expect(() => new ContinuitySession({ windowMs: Number.NaN })).toThrow(/windowMs/);
	expect(() => new ContinuitySession({ maxBufferedBytes: 5 })).toThrow(/maxBufferedBytes/);
	expect(() => new ContinuitySessions({ maxSessions: -1 })).toThrow(/maxSessions/);
	expect(() => new ContinuitySession().send(5 as never)).toThrow(TypeError);
});

test('an observer beside it sees the messages once', async () => {
	const { session, sessions, connect } = setUp();
	const { right, left } = await connect({ left: [session.plugin()], right: [sessions.plugin(), new StatisticsPlugin()] });
	left.send('x');
	await settle();
	expect(right.plugin<StatisticsPlugin>('statistics').snapshot().messagesReceived).toBe(1);
});
