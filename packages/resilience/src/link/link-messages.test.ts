import { type Connection, ConnectionError, Emitter, type Payload, PluginError } from '@linkscope/core';
import { expect, test, vi } from 'vitest';
import { LinkWorld } from './fixtures/link-world.js';
import type { DroppedMessage } from './held-messages.js';
import type { LinkSession, LostSession } from './link-options.js';

const backoff = { next: () => 1_000 };

async function downLink(world: LinkWorld, options = {}) {
	const link = world.link({ backoff, ...options });
	const dropped: DroppedMessage[] = [];
	link.onDropped.on((message) => dropped.push(message));
	void link.open();
	await world.run(0);
	world.cut();
	await world.run(0);
	return { link, dropped };
}

test('what is sent while there is no connection goes over the next one, first and in order', async () => {
	const world = new LinkWorld();
	const { link } = await downLink(world);
	link.onState.on((state) => {
		if (state === 'CONNECTED') link.send('three');
	});
	expect(link.send('one')).toBe(false);
	expect(link.send(new Uint8Array([2]))).toBe(false);
	await world.run(1_000);
	expect(world.received).toEqual(['one', new Uint8Array([2]), 'three']);
	expect(link.send('four')).toBe(true);
	await link.close();
});

test('before open() messages wait as well', async () => {
	const world = new LinkWorld();
	const link = world.link();
	link.send('early');
	void link.open();
	await world.run(0);
	expect(world.received).toEqual(['early']);
	await link.close();
});

test('drop-oldest keeps the newest, drop-newest the oldest, and what was dropped is told', async () => {
	for (const [overflow, kept, lost] of [
		['drop-oldest', ['b', 'c'], ['a']],
		['drop-newest', ['a', 'b'], ['c']],
	] as const) {
		const world = new LinkWorld();
		const { link, dropped } = await downLink(world, { overflow, maxHeldBytes: 130 });
		for (const text of ['a', 'b', 'c']) link.send(text);
		expect(dropped).toEqual(lost.map((payload) => ({ payload, reason: 'overflow' })));
		expect(link.status).toMatchObject({ heldBytes: 130, droppedMessages: 1 });
		await world.run(1_000);
		expect(world.received).toEqual(kept);
		await link.close();
	}
});

test('a message larger than all that may wait pushes nothing out', async () => {
	const world = new LinkWorld();
	const { link, dropped } = await downLink(world, { overflow: 'drop-oldest', maxHeldBytes: 130 });
	link.send('a');
	link.send('x'.repeat(200));
	expect(dropped.map(({ payload }) => payload.length)).toEqual([200]);
	await world.run(1_000);
	expect(world.received).toEqual(['a']);
	await link.close();
});

test('reject tells the caller, and nothing of that message is kept', async () => {
	const world = new LinkWorld();
	const { link, dropped } = await downLink(world, { maxHeldBytes: 130 });
	link.send('a');
	link.send('b');
	expect(() => link.send('c')).toThrow(expect.objectContaining({ code: 'SEND_QUEUE_FULL' }));
	await world.run(1_000);
	expect(world.received).toEqual(['a', 'b']);
	expect(dropped).toEqual([]);
	await link.close();
});

test('what waited when the link ended is told, whether it was closed or FAILED', async () => {
	const world = new LinkWorld();
	const { link, dropped } = await downLink(world);
	link.send('a');
	await link.close();
	expect(dropped).toEqual([{ payload: 'a', reason: 'over' }]);

	const other = new LinkWorld();
	const failing = await downLink(other, { maxRetries: 1 });
	other.server = 'down';
	failing.link.send('b');
	await other.run(10_000);
	expect(failing.link.state).toBe('FAILED');
	expect(failing.dropped).toEqual([{ payload: 'b', reason: 'over' }]);
});

test('close() sends first what was accepted', async () => {
	const world = new LinkWorld();
	const { link, dropped } = await downLink(world);
	await world.run(1_000);
	for (let i = 0; i < 100; i++) link.send(`${i} ${'x'.repeat(10_000)}`);
	await link.close();
	expect(world.received).toHaveLength(100);
	expect(dropped).toEqual([]);
	expect(() => link.send('late')).toThrow(expect.objectContaining({ code: 'CONNECTION_CLOSED' }));
});

test('close() sends what waits behind a busy connection', async () => {
	const world = new LinkWorld();
	const { link, dropped } = await downLink(world);
	for (let i = 0; i < 9; i++) link.send(`${i} ${'x'.repeat(100_000)}`);
	link.onState.on((state) => {
		if (state === 'CONNECTED') void link.close();
	});
	await world.run(1_000);
	await world.run(0);
	expect(world.received.map((text) => String(text)[0])).toEqual([...'012345678']);
	expect(dropped).toEqual([]);
});

test('a message whose connection ends as it is sent goes over the next one, once', async () => {
	const world = new LinkWorld();
	const link = world.link({ backoff });
	void link.open();
	await world.run(0);
	const connection = link.connection as Connection;
	vi.spyOn(connection, 'send').mockImplementationOnce(() => {
		connection.terminate();
		throw new ConnectionError('CONNECTION_CLOSED', 'closed');
	});
	expect(link.send('kept')).toBe(false);
	await world.run(1_000);
	expect(world.received).toEqual(['kept']);
	await link.close();
});

test('drain() takes nothing more and lets the dial under way bring what waits', async () => {
	const world = new LinkWorld();
	world.server = 'blackhole';
	const link = world.link({ backoff });
	link.open().catch(() => {});
	link.send('waits');
	await world.run(100);
	const drained = link.drain();
	expect(() => link.send('more')).toThrow(expect.objectContaining({ code: 'CONNECTION_CLOSED' }));
	await world.run(29_900);
	await drained;
	expect(link.state).toBe('STOPPED');
	expect(world.dialledAtMs).toHaveLength(1);

	const other = new LinkWorld();
	const opening = other.link();
	opening.open().catch(() => {});
	opening.send('arrives');
	void opening.drain();
	await other.run(0);
	expect(other.received).toEqual(['arrives']);
	expect(opening.state).toBe('STOPPED');
	expect(other.clock.pending).toBe(0);
});

test('drain() while it waits dials nothing more', async () => {
	const world = new LinkWorld();
	const { link, dropped } = await downLink(world);
	link.send('a');
	await link.drain();
	await world.run(10_000);
	expect(world.dialledAtMs).toHaveLength(1);
	expect(dropped).toEqual([{ payload: 'a', reason: 'over' }]);
});

test('drained() waits for the next connection', async () => {
	const world = new LinkWorld();
	const { link } = await downLink(world);
	link.send('a');
	const drained = vi.fn();
	void link.drained().then(drained);
	await world.run(999);
	expect(drained).not.toHaveBeenCalled();
	await world.run(1);
	expect(drained).toHaveBeenCalled();
	await link.close();
});

test('messages come in one stream over all connections', async () => {
	const world = new LinkWorld();
	const { link } = await downLink(world);
	const read: Payload[] = [];
	const reading = (async () => {
		for await (const message of link.messages()) read.push(message);
	})();
	await world.run(1_000);
	world.peer.send('second connection');
	await world.run(0);
	world.cut();
	await world.run(1_000);
	world.peer.send('third');
	await world.run(0);
	await link.close();
	await reading;
	expect(read).toEqual(['second connection', 'third']);
});

test('a reader that does not read stops the peer, and loses nothing with the connection', async () => {
	const world = new LinkWorld();
	const link = world.link({ backoff, maxUnreadBytes: 2_000 });
	void link.open();
	await world.run(0);
	const reader = link.messages();
	for (let i = 0; i < 40; i++) world.peer.send(`${i} ${'x'.repeat(100)}`);
	await world.run(0);
	await world.run(0);
	world.cut();
	await world.run(0);
	await world.run(1_000);
	world.peer.send('next connection');
	await world.run(0);
	const read: string[] = [];
	for (let i = 0; i < 41; i++) read.push(String((await reader.next()).value).split(' ')[0] as string);
	expect(read).toEqual([...Array.from({ length: 40 }, (_, i) => String(i)), 'next']);
	await link.close();
});

test('what a slow reader leaves unread waits where the peer feels it', async () => {
	const world = new LinkWorld();
	const link = world.link({ maxUnreadBytes: 1_000 });
	void link.open();
	await world.run(0);
	const reader = link.messages();
	for (let i = 0; i < 100; i++) world.peer.send(`${i} ${'x'.repeat(100)}`);
	for (let i = 0; i < 5; i++) await world.run(0);
	expect(link.state).toBe('CONNECTED');
	for (let i = 0; i < 100; i++) expect((await reader.next()).value).toMatch(new RegExp(`^${i} `));
	await link.close();
});

test('a reader that never reads ends the link, however often the peer comes back', async () => {
	const world = new LinkWorld();
	const link = world.link({ backoff, maxUnreadBytes: 1_000 });
	void link.open();
	await world.run(0);
	for (let i = 0; i < 5 && link.state !== 'FAILED'; i++) {
		for (let n = 0; n < 10; n++) world.peer.send('x'.repeat(100));
		await world.run(0);
		world.cut();
		await world.run(1_000);
	}
	expect(link.status.lastError).toMatchObject({ code: 'SLOW_READER' });
	expect(world.live).toEqual([]);
	expect(world.clock.pending).toBe(0);
});

test('an echo that hears its last message while the link closes is no uncaught error', async () => {
	const world = new LinkWorld();
	const link = world.link();
	link.onMessage.on((message) => void link.send(message));
	void link.open();
	await world.run(0);
	world.peer.send('a');
	world.peer.send('b');
	void link.close();
	await world.run(0);
	expect(link.state).toBe('STOPPED');
});

test('a message that a plugin cannot bear is refused once, and not sent over the next connection', async () => {
	const world = new LinkWorld();
	const { link, dropped } = await downLink(world);
	link.send('good');
	await world.run(1_000);
	const connection = link.connection as Connection;
	vi.spyOn(connection, 'send').mockImplementationOnce(() => {
		connection.terminate();
		throw new PluginError('PLUGIN_FAILED', 'picky threw');
	});
	expect(() => link.send('poison')).toThrow(expect.objectContaining({ code: 'PLUGIN_FAILED' }));
	await world.run(1_000);
	link.send('after');
	await world.run(0);
	expect(world.received).toEqual(['good', 'after']);
	expect(dropped).toEqual([]);
	await link.close();
});

class FakeSession implements LinkSession {
	readonly onLost = new Emitter<LostSession>();
	readonly sent: Payload[] = [];
	bufferedBytes = 0;
	isClosed = false;

	send(payload: Payload): boolean {
		this.sent.push(payload);
		return true;
	}

	close(): void {
		this.isClosed = true;
	}
}

test('a session keeps what is sent while there is no connection, tells what it lost, and ends with the link', async () => {
	const world = new LinkWorld();
	const session = new FakeSession();
	const { link, dropped } = await downLink(world, { session });
	const lost: unknown[] = [];
	link.onLost.on((loss) => lost.push(loss.unacknowledged));
	link.send('kept');
	expect(session.sent).toEqual(['kept']);
	session.onLost.emit({ error: new Error('forgotten'), unacknowledged: ['kept'] });
	expect(lost).toEqual([['kept']]);
	await world.run(1_000);
	link.send('now');
	await world.run(0);
	expect(world.received).toEqual(['now']);
	await link.close();
	expect(session.isClosed).toBe(true);
	expect(dropped).toEqual([]);
});

test('a replacement is there before the old connection is closed, and one that fails changes nothing', async () => {
	const world = new LinkWorld();
	const link = world.link({ backoff });
	void link.open();
	await world.run(0);
	const states: string[] = [];
	link.onState.on((state) => states.push(state));
	expect(link.replace()).toBe(true);
	expect(link.replace()).toBe(false);
	link.send('over the first');
	await world.run(0);
	link.send('over the second');
	await world.run(0);
	expect(world.dialled.map(({ state }) => state)).toEqual(['CLOSED', 'ACTIVE']);
	expect(world.received).toEqual(['over the first', 'over the second']);
	world.server = 'down';
	expect(link.replace()).toBe(true);
	await world.run(5_000);
	expect(world.live).toEqual([link.connection]);
	expect(states).toEqual([]);
	expect(link.status.reconnects).toBe(1);
	await link.close();
	expect(world.clock.pending).toBe(0);
});

test('a connection that is lost while its replacement is dialled is followed by that', async () => {
	const world = new LinkWorld();
	const link = world.link({ backoff });
	void link.open();
	await world.run(0);
	world.server = 'blackhole';
	link.replace();
	await world.run(10);
	world.cut();
	await world.run(100);
	expect(link.state).toBe('RECONNECTING');
	expect(world.dialledAtMs).toHaveLength(2);
	await world.run(9_890);
	world.server = 'up';
	await world.run(1_000);
	expect(link.state).toBe('CONNECTED');
	await link.close();
	expect(world.clock.pending).toBe(0);
});
