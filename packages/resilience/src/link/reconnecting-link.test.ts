import { ConnectionError, HandshakeError, hub, type ProbeEvent } from '@linkscope/core';
import { expect, test } from 'vitest';
import { LinkWorld } from './fixtures/link-world.js';
import type { LinkState } from './link-state.js';
import { ReconnectingLink } from './reconnecting-link.js';

const always = (ms: number) => ({ next: () => ms });

function statesOf(link: ReconnectingLink): LinkState[] {
	const states: LinkState[] = [];
	link.onState.on((state) => states.push(state));
	return states;
}

test('a lost connection is followed by another, after the wait of its backoff', async () => {
	const world = new LinkWorld();
	const link = world.link({ backoff: always(200) });
	const states = statesOf(link);
	void link.open();
	await world.run(0);
	expect(link.state).toBe('CONNECTED');
	world.cut();
	await world.run(199);
	expect(link.state).toBe('RECONNECTING');
	await world.run(1);
	expect(states).toEqual(['CONNECTING', 'CONNECTED', 'RECONNECTING', 'CONNECTED']);
	expect(world.dialledAtMs).toEqual([0, 200]);
	await link.close();
	expect(states.at(-1)).toBe('STOPPED');
	expect(world.clock.pending).toBe(0);
});

test('the stats show one link with several connections', async () => {
	const created: ProbeEvent[] = [];
	const world = new LinkWorld();
	const link = world.link({ backoff: always(10) });
	void link.open();
	await world.run(0);
	world.cut();
	world.server = 'down';
	await world.run(15);
	world.server = 'up';
	const off = hub.subscribe((event) => void (event.type === 'created' && event.link && created.push(event)));
	await world.run(10);
	off();
	expect(world.attempts.map(({ link: { generation } }) => generation)).toEqual([1, 2, 3]);
	expect(new Set(world.attempts.map((attempt) => attempt.link.id))).toEqual(new Set([link.id]));
	// It takes over from the last that was a connection.
	expect(world.attempts.map((attempt) => attempt.link.replaces)).toEqual([null, world.dialled[0]?.id, world.dialled[0]?.id]);
	expect(created).toMatchObject([{ link: { id: link.id, generation: 3, replaces: world.dialled[0]?.id } }]);
	await link.close();
});

test('a first dial that fails is repeated, and open() waits for the connection', async () => {
	const world = new LinkWorld();
	world.server = 'down';
	const link = world.link({ backoff: always(100) });
	const states = statesOf(link);
	let opened = false;
	void link.open().then(() => {
		opened = true;
	});
	await world.run(250);
	expect(opened).toBe(false);
	world.server = 'up';
	await world.run(50);
	expect(opened).toBe(true);
	expect(states).toEqual(['CONNECTING', 'RECONNECTING', 'CONNECTED']);
	await link.close();
});

test('a wait grows with every try until the link has been stable, so that a flapping one keeps backing off', async () => {
	const world = new LinkWorld();
	const asked: number[] = [];
	const backoff = { next: (attempt: number) => asked.push(attempt) && 100 };
	const link = world.link({ backoff, stableAfterMs: 10_000 });
	void link.open();
	await world.run(0);
	for (let i = 0; i < 3; i++) {
		world.cut();
		await world.run(9_000);
	}
	expect(asked).toEqual([1, 2, 3]);
	await world.run(1_200);
	world.cut();
	await world.run(100);
	expect(asked).toEqual([1, 2, 3, 1]);
	await link.close();
});

test('after its last try the link has FAILED, says what the last failure was, and leaves nothing behind', async () => {
	const world = new LinkWorld();
	const link = world.link({ backoff: always(100), maxRetries: 3 });
	const opened = link.open().catch((error) => error);
	world.server = 'down';
	await world.run(1_000);
	expect(link.state).toBe('FAILED');
	expect(world.dialledAtMs).toEqual([0, 100, 200, 300]);
	expect(await opened).toMatchObject({ code: 'LINK_GAVE_UP', cause: { code: 'CONNECTION_LOST' } });
	expect(() => link.send('late')).toThrow(expect.objectContaining({ code: 'LINK_GAVE_UP' }));
	await expect(link.drained()).rejects.toMatchObject({ code: 'LINK_GAVE_UP' });
	await expect(link.messages().next()).rejects.toMatchObject({ code: 'LINK_GAVE_UP' });
	expect(world.clock.pending).toBe(0);
	expect(await link.reconnect()).toBe(false);
	await link.close();
	expect(link.state).toBe('FAILED');
});

test.each([4401, 4402, 4410])('is not dialled again after the peer closed with %i', async (code) => {
	const world = new LinkWorld();
	const link = world.link();
	void link.open();
	await world.run(0);
	const refused = Object.assign(new ConnectionError('X', 'refused'), { closeCode: code });
	const plugin = {
		name: 'refusing',
		observer: true,
		incoming: (payload: never) => payload,
		attach: (host: { fail(error: Error): void }) => host.fail(refused),
	};
	world.peer.addPlugin(plugin as never);
	await world.run(60_000);
	expect(link.state).toBe('FAILED');
	expect(world.dialledAtMs).toHaveLength(1);
	expect(world.clock.pending).toBe(0);
});

test.each([new HandshakeError('AUTH_REFUSED', 'no'), new HandshakeError('INVITE_REFUSED', 'no'), new TypeError('a mistake')])(
	'is not dialled again after a dial that failed with %s',
	async (error) => {
		const world = new LinkWorld();
		let dials = 0;
		const dial = async () => {
			dials++;
			throw error;
		};
		await expect(new ReconnectingLink(dial, { clock: world.clock }).open()).rejects.toBe(error);
		await world.run(60_000);
		expect(dials).toBe(1);
	},
);

test('what the peer said while it was being dialled counts too', async () => {
	const world = new LinkWorld();
	const close = { code: 4402, reason: '', wasClean: true, initiatedBy: 'remote' as const };
	const link = new ReconnectingLink(() => Promise.reject(new ConnectionError('CONNECTION_CLOSED', 'closed', { close })), { clock: world.clock });
	await expect(link.open()).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
	expect(link.state).toBe('FAILED');
});

test('a transient failure is dialled again at once, but never twice in a row', async () => {
	const world = new LinkWorld();
	const link = world.link({ backoff: always(500), recovery: () => 'at-once' });
	void link.open();
	await world.run(0);
	world.server = 'down';
	world.cut();
	await world.run(999);
	expect(world.dialledAtMs).toEqual([0, 0, 500, 500]);
	await link.close();
});

test('close() while it waits means no later dial', async () => {
	const world = new LinkWorld();
	world.server = 'down';
	const link = world.link({ backoff: always(100) });
	const opened = link.open().catch((error) => error.code);
	await world.run(50);
	await link.close();
	expect(world.clock.pending).toBe(0);
	await world.run(10_000);
	expect(world.dialledAtMs).toEqual([0]);
	expect(await opened).toBe('CONNECTION_CLOSED');
});

test('close() while it dials gives the dial up, and what it still yields is ended', async () => {
	const world = new LinkWorld();
	world.server = 'blackhole';
	const link = world.link();
	link.open().catch(() => {});
	await world.run(10);
	await link.close();
	await world.run(0);
	expect(world.dialled[0]?.state).toBe('FAILED');
	expect(world.clock.pending).toBe(0);

	world.server = 'up';
	let yields = (): void => {};
	const held = new Promise<void>((resolve) => {
		yields = resolve;
	});
	const deaf = new ReconnectingLink(
		async ({ link }) => {
			const connection = await world.dial({ link, retry: 0, fastPath: false, signal: new AbortController().signal });
			await held;
			return connection;
		},
		{ clock: world.clock },
	);
	deaf.open().catch(() => {});
	await world.run(10);
	await deaf.close();
	yields();
	await world.run(0);
	expect(world.live).toEqual([]);
	expect(world.clock.pending).toBe(0);
});

test('a dial that takes too long is given up and repeated', async () => {
	const world = new LinkWorld();
	world.server = 'blackhole';
	const link = world.link({ dialTimeoutMs: 2_000, backoff: always(100) });
	link.open().catch(() => {});
	await world.run(2_000);
	world.server = 'up';
	await world.run(100);
	expect(link.state).toBe('CONNECTED');
	expect(world.dialledAtMs).toEqual([0, 2_100]);
	expect(world.live).toHaveLength(1);
	await link.close();
});

test('reconnect() dials at once, gives up what is connected first, and never dials beside a dial', async () => {
	const world = new LinkWorld();
	const link = world.link({ backoff: always(5_000) });
	world.server = 'down';
	link.open().catch(() => {});
	await world.run(100);
	world.server = 'up';
	const again = link.reconnect();
	void link.reconnect();
	expect(await again).toBe(true);
	expect(world.dialledAtMs).toEqual([0, 100]);
	void link.reconnect({ fastPath: true });
	expect(world.live).toEqual([]);
	await world.run(0);
	expect(world.live).toHaveLength(1);
	expect(world.attempts.at(-1)).toMatchObject({ fastPath: true });
	await link.close();
});

test('a listener that calls back in never meets a machine in the middle of a change, and hears of changes in their order', async () => {
	const world = new LinkWorld();
	const link = world.link({ backoff: always(0) });
	const heard: string[] = [];
	link.onState.on((state) => {
		if (state === 'RECONNECTING') void link.close();
	});
	link.onState.on((state) => heard.push(state));
	void link.open();
	await world.run(0);
	world.cut();
	await world.run(1_000);
	expect(heard).toEqual(['CONNECTING', 'CONNECTED', 'RECONNECTING', 'STOPPED']);
	expect(world.dialledAtMs).toHaveLength(1);
	expect(world.clock.pending).toBe(0);
});

test('silence for longer than asked for is a loss; whatever is received, or told, is none', async () => {
	const world = new LinkWorld();
	const link = world.link({ lossAfterMs: 3_000, backoff: always(0) });
	void link.open();
	await world.run(0);
	await world.run(2_900);
	world.peer.send('still here');
	await world.run(2_900);
	link.updateLastDataTime();
	await world.run(2_900);
	expect(world.dialledAtMs).toHaveLength(1);
	await world.run(600);
	expect(world.dialledAtMs).toHaveLength(2);
	expect(link.status.lastError).toMatchObject({ code: 'LINK_SILENT' });
	expect(world.live).toHaveLength(1);
	await link.close();
	expect(world.clock.pending).toBe(0);
});

test('after an hour of sleep the silence was ours; a wall clock that jumps changes nothing', async () => {
	const world = new LinkWorld();
	const link = world.link({ lossAfterMs: 3_000 });
	void link.open();
	await world.run(0);
	world.clock.jumpEpoch(3_600_000);
	world.clock.suspend(3_600_000);
	await world.run(2_000);
	expect(world.dialledAtMs).toHaveLength(1);
	await world.run(1_500);
	expect(link.status.lastError).toMatchObject({ code: 'LINK_SILENT' });
	await link.close();
});

test('a backoff that throws, or returns what is no time, ends the link', async () => {
	for (const next of [
		() => Number.NaN,
		() => -1,
		() => {
			throw new Error('mine');
		},
	]) {
		const world = new LinkWorld();
		world.server = 'down';
		const link = world.link({ backoff: { next } });
		await expect(link.open()).rejects.toThrow(/mine|backoff\.next\(\) must return milliseconds or null/);
		expect(world.clock.pending).toBe(0);
	}
});

test.each([
	[{ maxRetries: -1 }, 'maxRetries'],
	[{ dialTimeoutMs: 0 }, 'dialTimeoutMs'],
	[{ maxHeldBytes: 1.5 }, 'maxHeldBytes'],
	[{ overflow: 'drop' }, 'overflow'],
	[{ stableAfterMs: '1' }, 'stableAfterMs'],
])('%o is named', (options, name) => {
	const world = new LinkWorld();
	expect(() => world.link(options as never)).toThrow(RangeError);
	expect(() => world.link(options as never)).toThrow(name);
});
