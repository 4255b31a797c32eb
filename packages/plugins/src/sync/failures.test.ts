import { hub, type Note } from '@linkscope/core';
import { settle } from '@linkscope/core/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { idsIn, openHostile, openSyncPair, sampleObject, storeWith } from './fixtures/sync-pair.js';
import { memoryObjectStore } from './memory-object-store.js';
import { objectId } from './object-store.js';

const MIB = 2 ** 20;
const many = () => storeWith(Array.from({ length: 300 }, (_, i) => sampleObject(i, 10_000)));

describe('a synchronisation that fails', () => {
	it('through a wrong object stores nothing of it, and the connection goes on', async () => {
		const good = await storeWith([sampleObject(1, 100), sampleObject(2, 100)]);
		const [first] = await good.list(null, 1);
		const wrong = { ...good, get: async (id: string) => (id === first?.id ? sampleObject(3, 100) : good.get(id)) };
		const { left, connections } = await openSyncPair({ right: { store: wrong } });
		await expect(left.sync()).rejects.toMatchObject({ code: 'SYNC_CORRUPT', cursor: null });
		expect(await idsIn(left.store)).not.toContain(first?.id);
		await expect(left.sync()).rejects.toMatchObject({ code: 'SYNC_CORRUPT' });
		expect(connections.map(({ state }) => state)).toEqual(['ACTIVE', 'ACTIVE']);
	});

	it.each([
		['here, while it looks', 'left', 'size', 'SYNC_STORE_FAILED'],
		['here, while it writes', 'left', 'put', 'SYNC_STORE_FAILED'],
		['there, while it lists', 'right', 'list', 'SYNC_FAILED'],
		['there, while it reads', 'right', 'get', 'SYNC_FAILED'],
	] as const)('through a store %s is a failure of the synchronisation and not of the connection', async (_, end, method, code) => {
		const store = await many();
		const notes: Note[] = [];
		onTestFinished(hub.subscribe((event) => event.type === 'note' && notes.push(event.note)));
		let calls = 0;
		const failing = async () => {
			if (++calls > 0) throw new Error('disk on fire');
		};
		const broken = { ...(end === 'left' ? memoryObjectStore() : store), [method]: failing };
		const { left, right, connections } = await openSyncPair(
			end === 'left' ? { left: { store: broken as never }, right: { store } } : { right: { store: broken as never } },
		);
		await expect(left.sync()).rejects.toMatchObject({ code });
		// Only this side is told what is wrong with its own store.
		if (end === 'right') expect(JSON.stringify(notes)).toContain('disk on fire');
		expect(notes).toContainEqual(expect.objectContaining({ kind: 'stage', name: 'sync', outcome: 'failed', code }));
		// The other way, and after it, all is as it was; nine times, because eight may be under way.
		for (let i = 0; i < 9; i++) await left.sync().catch(() => {});
		if (end === 'left') expect(await right.sync()).toMatchObject({ totalObjects: 0 });
		connections[1].send('still here');
		expect((await connections[0].messages().next()).value).toBe('still here');
	});

	it('where an object is gone that was announced', async () => {
		const store = await many();
		const { left } = await openSyncPair({ right: { store: { ...store, get: async () => null } } });
		await expect(left.sync()).rejects.toMatchObject({ code: 'SYNC_FAILED' });
	});

	it('when its signal aborts, and the next one brings the rest', async () => {
		const store = await many();
		const { left, wire } = await openSyncPair({ right: { store } });
		const controller = new AbortController();
		const aborted = left.sync({ signal: controller.signal, onProgress: () => controller.abort() });
		const error = await aborted.catch((reason) => reason);
		expect(error).toMatchObject({ code: 'SYNC_ABORTED' });
		expect(error.cursor).not.toBeNull();
		const stored = (await idsIn(left.store)).length;
		expect(stored).toBeGreaterThan(0);
		expect(stored).toBeLessThan(300);
		expect(await left.sync({ since: error.cursor })).toMatchObject({ totalObjects: 300 - 64 });
		expect(await idsIn(left.store)).toEqual(await idsIn(store));
		await expect(left.sync({ signal: controller.signal })).rejects.toMatchObject({ code: 'SYNC_ABORTED' });
		expect(wire.length).toBeGreaterThan(0);
	});

	it('when the peer never answers anything, each time', async () => {
		const { plugin, clock, honest } = await openHostile({ timeoutMs: 5_000 });
		for (let i = 1; i <= 20; i++) {
			const outcome = plugin.sync().catch(({ code }) => code);
			await clock.run(11_000);
			expect([i, await Promise.race([outcome, settle().then(() => 'nothing')])]).toEqual([i, 'SYNC_TIMEOUT']);
		}
		expect(honest.state).toBe('ACTIVE');
		await honest.close();
		expect(clock.pending).toBe(0);
	});

	it('when the peer is silent, and goes on where it comes back', async () => {
		const { plugin, clock, honest, say } = await openHostile({ timeoutMs: 5_000 });
		const outcome = plugin.sync().catch(({ code }) => code);
		await clock.run(20_000);
		expect(await outcome).toBe('SYNC_TIMEOUT');
		say({ type: 'sync_complete', sync: 1, status: 'aborted', total_objects: 0, total_bytes: 0 });
		const next = plugin.sync();
		await settle();
		say({ type: 'sync_complete', sync: 2, status: 'complete', total_objects: 0, total_bytes: 0 });
		expect(await next).toMatchObject({ objects: 0 });
		expect(honest.state).toBe('ACTIVE');
	});

	it.each(['sync', 'fetch', 'offer'] as const)('when its signal aborts, at whatever step of %s', async (what) => {
		const store = await many();
		const [first] = await idsIn(store);
		const never = () => new Promise<never>(() => {});
		for (let steps = 0; steps < 40; steps++) {
			const { left, right, connections } = await openSyncPair({ right: { store: { ...store, list: never, size: never } } });
			right.onOffer('file', never);
			const controller = new AbortController();
			const { signal } = controller;
			const run = {
				sync: () => left.sync({ signal }),
				fetch: () => left.fetch([first as string], { signal }),
				offer: () => left.offer(first as string, 'file', { signal }),
			};
			const asked = run[what]().then(
				() => 'done',
				({ code }) => code,
			);
			for (let step = 0; step < steps; step++) await Promise.resolve();
			controller.abort();
			const outcome = await Promise.race([asked, settle(2_000).then(() => 'nothing')]);
			expect([steps, outcome]).toEqual([steps, 'SYNC_ABORTED']);
			await connections[0].close();
		}
	});

	it('when onProgress throws', async () => {
		const { left, connections } = await openSyncPair({ right: { store: await many() } });
		const boom = () => {
			throw new Error('boom');
		};
		await expect(left.sync({ onProgress: boom })).rejects.toMatchObject({ code: 'SYNC_ABORTED', message: expect.stringContaining('boom') });
		expect(connections[0].state).toBe('ACTIVE');
	});

	it('when the peer is silent, but not while this side stores', async () => {
		const slow = memoryObjectStore();
		let release = () => {};
		const held = new Promise<void>((resolve) => {
			release = resolve;
		});
		const { left, clock, connections } = await openSyncPair({
			left: { timeoutMs: 5_000, store: { ...slow, put: (bytes, id) => held.then(() => slow.put(bytes, id)) } },
			right: { store: await many() },
		});
		const done = left.sync();
		await clock.run(60_000);
		release();
		expect(await done).toMatchObject({ newObjects: 300 });
		expect(clock.pending).toBe(0);

		const hostile = await openHostile({ timeoutMs: 5_000 });
		const lost = hostile.plugin.sync();
		const outcome = expect(lost).rejects.toMatchObject({ code: 'SYNC_TIMEOUT', message: expect.stringContaining('SyncPlugin') });
		await hostile.clock.run(5_000);
		await outcome;
		expect(hostile.said().map(({ type }) => type)).toEqual(['sync_request', 'sync_abort']);
		expect(hostile.honest.state).toBe('ACTIVE');
		await connections[0].close();
	});
});

describe('the memory of a synchronisation', () => {
	it('is two batches where the store is slow, whatever the peer has', async () => {
		const store = await storeWith(Array.from({ length: 40 }, (_, i) => sampleObject(i, MIB / 4)));
		const waiting: (() => void)[] = [];
		let mostHeld = 0;
		const slow = memoryObjectStore();
		const put = async (bytes: Uint8Array, id?: string) => {
			await new Promise<void>((resolve) => {
				waiting.push(resolve);
				mostHeld = Math.max(mostHeld, waiting.length);
			});
			return slow.put(bytes, id);
		};
		const { left } = await openSyncPair({ left: { store: { ...slow, put } }, right: { store } });
		let isDone = false;
		const done = left.sync().then(() => {
			isDone = true;
		});
		while (!isDone) {
			await settle(2_000);
			waiting.shift()?.();
		}
		await done;
		expect(mostHeld).toBe(8);
		expect(await idsIn(slow)).toEqual(await idsIn(store));
	});

	it('at the sending end is one object, and waits for the transport', async () => {
		const store = await storeWith(Array.from({ length: 20 }, (_, i) => sampleObject(i, MIB)));
		const get = vi.fn(store.get);
		const { right, connections, left } = await openSyncPair({ right: { store: { ...store, get } } });
		connections[0].onMessage.on(() => {});
		const sent = vi.spyOn(right, 'drained');
		await left.sync();
		expect(get).toHaveBeenCalledTimes(20);
		expect(sent.mock.calls.length).toBeGreaterThan(20);
	});
});

describe('an offer', () => {
	const object = sampleObject(1, 1000);
	const id = objectId(object);

	it('is fetched by a handler of its purpose, and refused where there is none', async () => {
		const { left, right, clock } = await openSyncPair({ left: { store: await storeWith([object]) } });
		const refused = left.offer(id, 'picture');
		await clock.run(1_000);
		expect(await refused).toBe('refused');
		// One that comes a little earlier than its handler waits for it.
		const early = left.offer(id, 'late');
		await clock.run(999);
		right.onOffer('late', async () => 'done');
		expect(await early).toBe('done');
		expect(clock.pending).toBe(0);
		right.onOffer('picture', async (offered) => ((await right.fetch([offered])).length === 0 ? 'done' : 'failed'));
		expect(() => right.onOffer('picture', async () => 'done')).toThrow(TypeError);
		expect(await left.offer(id, 'picture')).toBe('done');
		expect(await idsIn(right.store)).toEqual([id]);
		await expect(left.offer(id, 'Not a purpose')).rejects.toThrow(TypeError);
		await expect(left.offer('no id', 'picture')).rejects.toThrow(TypeError);
	});

	it('whose handler throws has failed, and only this side is told why', async () => {
		const { left, right, wire } = await openSyncPair();
		right.onOffer('picture', async () => {
			throw new Error('secret reason');
		});
		expect(await left.offer(id, 'picture')).toBe('failed');
		expect(JSON.stringify(wire)).not.toContain('secret reason');
	});

	it('that is taken back tells the handler, and frees its place', async () => {
		const { left, right } = await openSyncPair();
		const heard = vi.fn();
		right.onOffer(
			'picture',
			(_, signal) =>
				new Promise((_, reject) =>
					signal.addEventListener('abort', () => {
						heard();
						reject(signal.reason);
					}),
				),
		);
		for (let i = 0; i < 20; i++) {
			const controller = new AbortController();
			const outcome = expect(left.offer(id, 'picture', { signal: controller.signal })).rejects.toMatchObject({ code: 'SYNC_ABORTED' });
			await settle();
			controller.abort();
			await outcome;
		}
		await settle();
		expect(heard).toHaveBeenCalledTimes(20);
	});

	it('to a peer without the plugin ends, each time, and what waits for its turn as well', async () => {
		const { plugin, clock, honest, said } = await openHostile({ timeoutMs: 5_000 });
		const codes = (count: number) => Promise.all(Array.from({ length: count }, () => plugin.offer(id, 'file').catch(({ code, message }) => [code, message])));
		for (let i = 1; i <= 3; i++) {
			const outcomes = codes(10);
			await clock.run(5_000);
			const told = await Promise.race([outcomes, settle().then(() => 'nothing')]);
			expect([i, told]).toEqual([i, Array(10).fill(['SYNC_TIMEOUT', expect.stringContaining('new SyncPlugin()')])]);
		}
		expect(said().map(({ type }) => type)).toEqual([...Array(8).fill('sync_offer'), ...Array(8).fill('sync_withdraw')]);
		expect(honest.state).toBe('ACTIVE');
		await honest.close();
		expect(clock.pending).toBe(0);
	});

	it('waits as long as it takes for an answer of a peer whose plugin has heard it', async () => {
		const { left, right, clock, wire } = await openSyncPair({ left: { timeoutMs: 5_000 } });
		let accept = () => {};
		right.onOffer('picture', () => new Promise((resolve) => (accept = () => resolve('done'))));
		const offered = left.offer(id, 'picture');
		await clock.run(600_000);
		expect(wire.map(({ payload }) => JSON.parse((payload as string).slice(3)).type)).toEqual(['sync_offer', 'sync_heard']);
		accept();
		expect(await offered).toBe('done');
		expect(clock.pending).toBe(0);
	});

	it('ends with its connection on both sides', async () => {
		const { left, right, connections } = await openSyncPair();
		const reasons: unknown[] = [];
		right.onOffer('picture', (_, signal) => new Promise(() => signal.addEventListener('abort', () => reasons.push(signal.reason))));
		const offers = Promise.allSettled(Array.from({ length: 20 }, () => left.offer(id, 'picture')));
		await settle();
		await connections[0].close();
		expect((await offers).map((each) => each.status === 'rejected' && each.reason.code)).toEqual(Array(20).fill('SYNC_INTERRUPTED'));
		expect(reasons).toHaveLength(8);
	});
});
