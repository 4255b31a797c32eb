import { FakeClock, settle } from '@linkscope/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { sampleSession } from './fixtures/storage-suite.js';
import { SessionManager } from './session-manager.js';
import type { SessionBatch, SessionStorage } from './session-storage.js';

/** A store that notes what it is told and fails while told to. */
function start(stored: unknown[] = []) {
	const clock = new FakeClock();
	const batches: SessionBatch[] = [];
	const store = { isDown: false, calls: 0, isClosed: false, hold: null as Promise<void> | null };
	const storage: SessionStorage = {
		name: 'noted',
		async load() {
			store.calls++;
			if (store.isDown) throw Object.assign(new Error('down'), { code: 'ECONNREFUSED' });
			return stored;
		},
		async write(batch) {
			store.calls++;
			await store.hold;
			if (store.isDown) throw new Error('down');
			batches.push(batch);
		},
		async close() {
			store.isClosed = true;
		},
	};
	const manager = new SessionManager({ clock, storage, random: () => 0.5 });
	onTestFinished(() => manager.close().catch(() => {}));
	const join = (id: string) => manager.registerConnection(id, undefined, 'acme', 'browser');
	return { clock, manager, batches, store, join };
}

test('changes of a second are one batch with the newest state of each, and a session registered and removed within it is only removed', async () => {
	const { clock, manager, batches, join } = start();
	join('a');
	join('b');
	for (let i = 0; i < 100; i++) manager.updateHeartbeat('a', clock.epoch() - 600);
	manager.removeConnection('b');
	expect(batches).toEqual([]);
	await clock.run(1_000);
	expect(batches).toMatchObject([{ put: [{ sessionId: 'a', connectionQuality: 'GOOD' }], remove: ['b'] }]);
	await clock.run(10_000);
	expect(batches).toHaveLength(1);
});

test('many sessions go in batches of at most 200', async () => {
	const { manager, batches, join } = start();
	for (let i = 0; i < 500; i++) join(`s${i}`);
	await manager.flush();
	expect(batches.map(({ put }) => put.length)).toEqual([200, 200, 100]);
});

test('a store that fails is tried again with growing pauses; what waits is written once, as it is by then', async () => {
	const { clock, manager, batches, store, join } = start();
	store.isDown = true;
	join('a');
	join('gone');
	await clock.run(60_000);
	expect(store.calls).toBeGreaterThan(3);
	expect(store.calls).toBeLessThan(9);
	expect(manager.health().storage).toMatchObject({
		name: 'noted',
		status: 'failing',
		pendingWrites: 2,
		failures: store.calls,
		lastError: { code: 'SESSION_STORE_UNREACHABLE', message: expect.stringContaining('down') },
	});
	manager.removeConnection('gone');
	manager.updateStatus('a', 'SUSPENDED');
	expect(manager.health().storage?.pendingWrites).toBe(2);
	store.isDown = false;
	await clock.run(40_000);
	expect(batches).toMatchObject([{ put: [{ sessionId: 'a', status: 'SUSPENDED' }], remove: ['gone'] }]);
	expect(manager.health().storage).toMatchObject({ status: 'working', pendingWrites: 0, failures: 0 });
});

test('what changes while a batch is on its way and fails is neither lost nor brought back', async () => {
	const { manager, batches, store, join } = start();
	let release = () => {};
	store.hold = new Promise((resolve) => {
		release = resolve;
	});
	store.isDown = true;
	join('a');
	join('b');
	const writing = manager.flush();
	await settle();
	manager.removeConnection('a');
	join('c');
	release();
	await expect(writing).rejects.toThrow(expect.objectContaining({ code: 'SESSION_STORE_UNREACHABLE' }));
	store.isDown = false;
	await manager.flush();
	expect(batches).toMatchObject([{ put: [{ sessionId: 'c' }, { sessionId: 'b' }], remove: ['a'] }]);
});

test('a store that cannot be read at first is read later; what is known by then stays as it is', async () => {
	const { clock, manager, store, join } = start([sampleSession({ sessionId: 'a' }), sampleSession({ sessionId: 'b' })]);
	store.isDown = true;
	await expect(manager.restore()).rejects.toThrow(expect.objectContaining({ code: 'SESSION_STORE_UNREACHABLE' }));
	join('a');
	store.isDown = false;
	await clock.run(5_000);
	expect(manager.getConnection('a')?.organizationId).toBe('acme');
	expect(manager.getConnection('a')?.totalDisconnections).toBe(0);
	expect(manager.getConnection('b')).toMatchObject({ totalDisconnections: 4 });
});

test.each([
	null,
	'text',
	{},
	sampleSession({ sessionId: '' }),
	sampleSession({ status: 'HAPPY' as never }),
	sampleSession({ connectionQuality: 'toString' as never }),
	sampleSession({ latency: Number.NaN }),
	sampleSession({ reconnectAttempts: -1 }),
	sampleSession({ connectedAt: new Date(Number.NaN) }),
	sampleSession({ lastHeartbeat: 'yesterday' as never }),
	sampleSession({ metadata: 'text' as never }),
])('a stored session that is none (%j) is counted and left', async (spoiled) => {
	const { manager } = start([spoiled, sampleSession({ sessionId: 'good' })]);
	expect(await manager.restore()).toBe(1);
	expect(manager.health().storage?.corruptSessions).toBe(1);
});

test('close() writes what waits, closes the store, and tells what it could not write', async () => {
	const { manager, batches, store, join } = start();
	join('a');
	await manager.close();
	expect(batches).toHaveLength(1);
	expect(store.isClosed).toBe(true);
	const other = start();
	other.store.isDown = true;
	other.join('a');
	await expect(other.manager.restore()).rejects.toThrow();
	await expect(other.manager.close()).rejects.toThrow(expect.objectContaining({ code: 'SESSION_STORE_UNREACHABLE' }));
	expect(other.store.isClosed).toBe(true);
	expect(other.clock.pending).toBe(0);
});

test('a session that was removed is not taken up by a store that has not heard of it yet', async () => {
	const { manager, join } = start([sampleSession({ sessionId: 'a' })]);
	join('a');
	manager.removeConnection('a');
	expect(await manager.restore()).toBe(0);
});

test('a session that was waiting for a try waits for the same one again', async () => {
	const { clock, manager } = start([sampleSession({ reconnectAttempts: 2 })]);
	const tries: unknown[] = [];
	manager.onEvent.on((event) => event.type === 'retry.attempt' && tries.push([event.attempt, event.waitedMs]));
	await manager.restore();
	await clock.run(2_000);
	expect(tries).toEqual([[2, 2_000]]);
});

test('sessions whose times lie in the future are taken up as of now', async () => {
	const future = new Date('2099-01-01T00:00:00Z');
	const { clock, manager } = start([
		sampleSession({ sessionId: 'a', status: 'CONNECTED', connectedAt: future, lastHeartbeat: future, disconnectedAt: undefined }),
		sampleSession({ sessionId: 'b', status: 'FAILED', disconnectedAt: future }),
	]);
	await manager.restore();
	await clock.run(91_000);
	expect(manager.getConnection('a')?.status).not.toBe('CONNECTED');
	await clock.run(3_600_000);
	expect(manager.getConnection('b')).toBe(null);
});
