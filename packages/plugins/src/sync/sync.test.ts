import { hub, type Note } from '@linkscope/core';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FragmentationPlugin } from '../fragmentation.js';
import { idsIn, openSyncPair, passTime, sampleObject, storeWith } from './fixtures/sync-pair.js';
import { memoryObjectStore } from './memory-object-store.js';
import { MAX_OBJECT_BYTES, type ObjectStore, objectId } from './object-store.js';
import type { SyncProgress } from './pull.js';

const objects = (count: number, size: (i: number) => number) => Array.from({ length: count }, (_, i) => sampleObject(i, size(i)));

function stageNotes(): Note[] {
	const notes: Note[] = [];
	onTestFinished(hub.subscribe((event) => event.type === 'note' && event.note.kind === 'stage' && event.note.name === 'sync' && notes.push(event.note)));
	return notes;
}

describe.each(['single', 'burst'] as const)('a synchronisation, %s', (delivery) => {
	it('brings what is missing, tells its progress, and the next one has nothing to do', async () => {
		const right = await storeWith(objects(150, (i) => i * 700));
		const { left, connections } = await openSyncPair({ delivery, right: { store: right } });
		const seen: SyncProgress[] = [];
		const result = await left.sync({ onProgress: (progress) => seen.push(progress) });
		expect(await idsIn(left.store)).toEqual(await idsIn(right));
		const totals = { objects: 150, bytes: (150 * 149 * 700) / 2 };
		expect(result).toMatchObject({ ...totals, totalObjects: totals.objects, totalBytes: totals.bytes, newObjects: totals.objects, newBytes: totals.bytes });
		expect(seen.at(-1)).toEqual(result);
		expect(seen.map(({ bytes }) => bytes)).toEqual([...seen.map(({ bytes }) => bytes)].sort((a, b) => a - b));
		expect(await left.sync({ since: result.cursor })).toMatchObject({ totalObjects: 0, cursor: result.cursor });
		// Without a cursor all is announced, and nothing sent.
		expect(await left.sync()).toMatchObject({ totalObjects: 150, newObjects: 0, newBytes: 0 });
		await connections[0].close();
	});

	it('runs both ways at once, also over a plugin that splits messages and with latency', async () => {
		const [a, b] = [await storeWith(objects(40, () => 30_000)), await storeWith(objects(60, (i) => (i < 20 ? 30_000 : 99)))];
		const pair = await openSyncPair({
			delivery,
			latencyMs: 10,
			maxMessageBytes: 2048,
			below: () => [new FragmentationPlugin({ maxFragmentBytes: 1024 })],
			left: { store: a },
			right: { store: b },
		});
		await passTime(pair.clock, Promise.all([pair.left.sync(), pair.right.sync()]));
		expect(await idsIn(a)).toEqual(await idsIn(b));
		expect(await idsIn(a)).toHaveLength(80);
	});
});

describe('a synchronisation', () => {
	it('takes 10 to 50 messages for an initial one, and both ends report it as a stage', async () => {
		const notes = stageNotes();
		const { left, right, wire } = await openSyncPair({
			left: { store: await storeWith(objects(30, () => 200)) },
			right: { store: await storeWith(objects(150, (i) => 300 + i)) },
		});
		await Promise.all([left.sync(), right.sync()]);
		// Later ones are not initial.
		await left.sync();
		const expected = { kind: 'stage', name: 'sync', outcome: 'ok' };
		expect(notes).toMatchObject([expected, expected]);
		for (const note of notes) expect((note as { messages: number }).messages).toSatisfy((messages: number) => messages >= 10 && messages <= 50);
		expect(wire.length).toBeGreaterThan(10);
	});

	it('puts small objects together and cuts large ones into frames of 64 KiB', async () => {
		const { left, wire } = await openSyncPair({ right: { store: await storeWith([...objects(64, () => 100), sampleObject(99, MAX_OBJECT_BYTES)]) } });
		await left.sync();
		const sizes = wire.flatMap(({ payload }) => (typeof payload === 'string' ? [] : [payload.length]));
		expect(sizes[0]).toBe(7 + 64 * 100);
		expect(sizes.slice(1, -1).every((size) => size === 65_536)).toBe(true);
		expect(sizes).toHaveLength(1 + Math.ceil(MAX_OBJECT_BYTES / (65_536 - 7)));
	});

	it('brings 10,000 objects', async () => {
		const store = await storeWith(objects(10_000, () => 40));
		const { left, wire } = await openSyncPair({ right: { store } });
		expect(await left.sync()).toMatchObject({ newObjects: 10_000, newBytes: 400_000 });
		expect(await idsIn(left.store)).toEqual(await idsIn(store));
		expect(wire.length).toBeLessThan(500);
	});

	it('fetches objects by name, and says what the peer has not', async () => {
		const all = objects(200, (i) => i % 7);
		const ids = all.map(objectId);
		const { left } = await openSyncPair({ right: { store: await storeWith(all) } });
		const unknown = objectId(sampleObject(1, 999));
		expect(await left.fetch([...ids, unknown, unknown])).toEqual([unknown]);
		expect(await idsIn(left.store)).toEqual([...new Set(ids)].sort());
		const into = memoryObjectStore();
		expect(await left.fetch(ids.slice(0, 3), { into })).toEqual([]);
		expect(await idsIn(into)).toHaveLength(3);
		await expect(left.fetch(['no id'])).rejects.toThrow(TypeError);
	});

	it('begins when the connection is ACTIVE, and runs many at a time in order', async () => {
		const { left, connections } = await openSyncPair({ right: { store: await storeWith(objects(3, () => 3)) } });
		const results = await Promise.all(Array.from({ length: 30 }, () => left.sync()));
		expect(results.every(({ totalObjects }) => totalObjects === 3)).toBe(true);
		await connections[0].close();
		await expect(left.sync()).rejects.toMatchObject({ code: 'SYNC_INTERRUPTED' });
		await expect(left.offer(objectId(new Uint8Array()), 'file')).rejects.toMatchObject({ code: 'SYNC_INTERRUPTED' });
	});

	it.each([5, 'x'.repeat(257), {}])('refuses %j as a cursor, before anything is sent', async (since) => {
		const { left, wire } = await openSyncPair();
		await expect(left.sync({ since: since as string })).rejects.toThrow(/^since must be/);
		expect(wire).toEqual([]);
	});

	it('starts from the first object where the cursor is of another store', async () => {
		const { left } = await openSyncPair({ right: { store: await storeWith(objects(3, () => 3)) } });
		expect(await left.sync({ since: 'another-store.2' })).toMatchObject({ totalObjects: 3 });
	});

	it('converges whatever the stores hold', async () => {
		const contents = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.oneof(fc.constant(0), fc.integer({ max: 3_000, min: 1 }), fc.constant(700_000))), {
			maxLength: 90,
		});
		await fc.assert(
			fc.asyncProperty(contents, contents, fc.constantFrom('single' as const, 'burst' as const), async (mine, theirs, delivery) => {
				const [a, b] = await Promise.all([mine, theirs].map((each) => storeWith(each.map(([i, size]) => sampleObject(i, size)))));
				const before = new Set([...(await idsIn(a as ObjectStore)), ...(await idsIn(b as ObjectStore))]);
				const { left, right, connections } = await openSyncPair({ delivery, left: { store: a }, right: { store: b } });
				await Promise.all([left.sync(), right.sync()]);
				expect(await idsIn(a as ObjectStore)).toEqual([...before].sort());
				expect(await idsIn(b as ObjectStore)).toEqual([...before].sort());
				await connections[0].close();
				expect(connections.map(({ state }) => state)).toEqual(['CLOSED', 'CLOSED']);
			}),
			{ numRuns: 25 },
		);
	});
});
