import type { Payload } from '@linkscope/core';
import { FakeClock, settle } from '@linkscope/core/testing';
import { expect, test, vi } from 'vitest';
import type { ContinuityPlugin } from './continuity-plugin.js';
import { ContinuitySession } from './continuity-session.js';
import { ContinuitySessions } from './continuity-sessions.js';
import { SecuredPair, type SecuredPairOptions } from './fixtures/secured-pair.js';

// Many small worlds: on a busy machine that takes a while and proves nothing.
vi.setConfig({ testTimeout: 30_000 });

function setUp() {
	const clock = new FakeClock();
	const session = new ContinuitySession({ clock });
	const sessions = new ContinuitySessions({ clock });
	const atServer: Payload[] = [];
	const atClient: Payload[] = [];
	const pair = (more: Partial<SecuredPairOptions> = {}) => {
		const made = new SecuredPair({ clock, left: [session.plugin()], right: [sessions.plugin()], ...more });
		made.right.onMessage.on((message) => atServer.push(message));
		made.left.onMessage.on((message) => atClient.push(message));
		return made;
	};
	return { clock, session, sessions, atServer, atClient, pair };
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `${from + i}`);

test.each(['single', 'burst'] as const)(
	'%s: a new connection takes over before the old one ends, with messages under way on it both ways',
	async (delivery) => {
		const { session, sessions, atServer, atClient, pair } = setUp();
		const old = pair({ delivery });
		await old.open();
		const server = sessions.list()[0] as ContinuitySession;
		for (const n of numbers(0, 40)) {
			old.left.send(n);
			old.right.send(n);
		}
		const young = pair({ delivery });
		const opened = young.open();
		for (let i = 40; i < 80; i++) {
			await settle(1);
			if (old.left.state === 'ACTIVE') old.left.send(`${i}`);
			else session.send(`${i}`);
			if (old.right.state === 'ACTIVE') old.right.send(`${i}`);
			else server.send(`${i}`);
		}
		expect(await opened).toEqual([null, null]);
		young.left.send('80');
		young.right.send('80');
		await settle(200);
		expect(atServer).toEqual(numbers(0, 81));
		expect(atClient).toEqual(numbers(0, 81));
		for (const end of [old.left, old.right]) expect(end.closeInfo).toMatchObject({ code: 1000, reason: 'New connection replaced old one' });
		expect([session.generation, server.isAlive]).toEqual([2, true]);
	},
);

test('late frames of the old connection are dropped after the fence, and come over the new one', async () => {
	const { clock, sessions, atServer, atClient, pair } = setUp();
	const old = pair({ latencyMs: 1_000 });
	void old.open();
	await clock.run(5_000);
	old.left.send('slow');
	old.right.send('slow');
	const young = pair();
	await young.open();
	young.left.send('quick');
	sessions.list()[0]?.send('quick');
	await settle();
	expect([atServer, atClient]).toEqual([
		['slow', 'quick'],
		['slow', 'quick'],
	]);
	await clock.run(5_000);
	expect([atServer.length, atClient.length]).toEqual([2, 2]);
});

test('what is sent through a fenced connection leaves over the new one', async () => {
	const { atServer, pair } = setUp();
	const old = pair();
	await old.open();
	const plugin = old.left.plugin<ContinuityPlugin>('continuity');
	const young = pair();
	await young.open();
	expect(plugin.outgoing('through the old one')).toBeNull();
	await settle();
	expect(atServer).toEqual(['through the old one']);
});

test('two resumes in one tick: the later one carries the session, the other is closed, nothing is lost', async () => {
	for (const delays of [
		[0, 0],
		[3, 0],
		[0, 3],
	] as const) {
		const { clock, session, atServer, atClient, pair } = setUp();
		const old = pair();
		await old.open();
		old.cut();
		session.send('kept');
		const both = delays.map((latencyMs) => pair({ latencyMs }));
		for (const [i, one] of both.entries()) {
			one.left.send(`queued ${i}`);
			void one.open();
		}
		await clock.run(1_000);
		await clock.run(10_000);
		const active = both.filter(({ left, right }) => left.state === 'ACTIVE' && right.state === 'ACTIVE');
		expect(active).toHaveLength(1);
		active[0]?.right.send('to the client');
		await clock.run(100);
		expect(atClient).toEqual(['to the client']);
		expect([...new Set(atServer)]).toEqual(atServer);
		expect(atServer).toContain('kept');
		expect(session.generation).toBe(3);
	}
});

test.each(['first connections', 'resumes'])('two %s, of which the earlier is answered last: its answer changes nothing', async (what) => {
	const { clock, session, sessions, atServer, pair } = setUp();
	if (what === 'resumes') {
		const old = pair();
		await old.open();
		old.cut();
	}
	const slow = pair({ latencyMs: 3 });
	// Something to flush: so its handshake goes on although it was replaced.
	slow.left.send('perhaps');
	void slow.open();
	await clock.run(4);
	const quick = pair();
	await quick.open();
	for (const n of numbers(0, 5)) quick.left.send(n);
	await settle();
	await clock.run(1_000);
	quick.cut();
	expect(await pair().open()).toEqual([null, null]);
	await settle();
	expect(atServer.filter((message) => message !== 'perhaps')).toEqual(numbers(0, 5));
	expect([session.isAlive, sessions.size]).toEqual([true, 1]);
});

test('two first connections in one tick make one session', async () => {
	const { clock, session, sessions, atServer, pair } = setUp();
	const both = [pair(), pair()];
	session.send('kept');
	for (const one of both) void one.open();
	await clock.run(10_000);
	expect(sessions.size).toBe(1);
	expect(both.map(({ left, right }) => [left.state, right.state].join())).toEqual([expect.not.stringContaining('ACTIVE'), 'ACTIVE,ACTIVE']);
	expect(atServer).toEqual(['kept']);
	expect(session.generation).toBe(2);
});

test('the second first connection begins the session where the first fails', async () => {
	const { clock, session, sessions, pair } = setUp();
	const failing = pair();
	failing.ends[0].send = () => true;
	void failing.open();
	const second = pair();
	expect(await second.open()).toEqual([null, null]);
	expect([sessions.size, session.generation]).toEqual([1, 2]);
	await clock.run(1);
	expect(failing.left.state).toBe('CLOSED');
});

test('what the server sent on a first connection that the client never saw open comes over the next', async () => {
	const { session, sessions, atClient, pair } = setUp();
	const first = pair();
	const { send } = first.ends[1];
	first.ends[1].send = () => true;
	void first.open();
	await settle();
	expect(first.right.state).toBe('ACTIVE');
	first.right.send('welcome');
	first.ends[1].send = send;
	first.cut();
	expect(session.id).toBeNull();
	await pair().open();
	await settle();
	expect(atClient).toEqual(['welcome']);
	expect(sessions.size).toBe(1);
});

test('a close at any moment of a resume loses nothing', async () => {
	for (const end of ['left', 'right'] as const) {
		for (const how of ['close', 'terminate'] as const) {
			for (let turns = 0; turns < 40; turns++) {
				const { session, sessions, atServer, atClient, pair } = setUp();
				const old = pair();
				await old.open();
				old.left.send('a');
				old.right.send('a');
				await settle(turns % 7);
				old.cut();
				session.send('b');
				sessions.list()[0]?.send('b');
				const interrupted = pair();
				const opened = interrupted.open();
				await settle(turns);
				// Closed in good order when ACTIVE, the session ends with it: then all was delivered before.
				const closed = interrupted[end][how]();
				await opened;
				await settle(200);
				await closed;
				if (session.isAlive) {
					await pair().open();
					await settle();
				}
				expect([end, how, turns, atServer, atClient]).toEqual([end, how, turns, ['a', 'b'], ['a', 'b']]);
			}
		}
	}
});

test('the window ends in the middle of a resume: lost, and said so on both ends', async () => {
	const { clock, session, sessions, pair } = setUp();
	const old = pair();
	await old.open();
	old.cut();
	await clock.run(119_990);
	const late = pair({ latencyMs: 8 });
	const opened = late.open();
	await clock.run(1_000);
	expect(await opened).toContain('CONTINUITY_LOST');
	expect([session.isAlive, sessions.size]).toEqual([false, 1]);
	await clock.run(240_000);
	expect([sessions.size, clock.pending]).toEqual([0, 0]);
});
