import { codeOf } from '@linkscope/core';
import { describe, expect, it } from 'vitest';
import { idsIn, openSyncPair, sampleObject, storeWith } from './fixtures/sync-pair.js';
import { memoryObjectStore } from './memory-object-store.js';
import { objectId } from './object-store.js';
import type { SyncError } from './sync-error.js';

const MIB = 2 ** 20;

/** Bytes of objects that went over the wire. */
const sentBytes = (wire: readonly { payload: string | Uint8Array }[]) =>
	wire.reduce((bytes, { payload }) => bytes + (typeof payload === 'string' ? 0 : payload.length - 7), 0);

describe('a synchronisation that is cut', () => {
	it('before any of its frames goes on over the next connection, from the cursor of its error, and little is sent twice', async () => {
		// Three batches, and one object that takes many frames.
		const all = [...Array.from({ length: 100 }, (_, i) => sampleObject(i, i * 20)), sampleObject(500, 300_000), sampleObject(501, 10)];
		const right = await storeWith(all);
		const whole = await openSyncPair({ right: { store: right } });
		await whole.left.sync();
		const frames = whole.wire.length;
		expect(frames).toBeGreaterThan(12);
		const wholeBytes = sentBytes(whole.wire);

		for (let cutAt = 0; cutAt < frames; cutAt++) {
			const left = memoryObjectStore();
			const first = await openSyncPair({ left: { store: left }, right: { store: right }, cut: (count) => count === cutAt });
			const error = (await first.left.sync().catch((reason) => reason)) as SyncError;
			// The last frame is the last acknowledgement: then nothing is missing.
			if (cutAt < frames - 1) expect([cutAt, codeOf(error)]).toEqual([cutAt, 'SYNC_INTERRUPTED']);
			const next = await openSyncPair({ left: { store: left }, right: { store: right } });
			await next.left.sync({ since: error.cursor });
			expect(await idsIn(left)).toEqual(await idsIn(right));
			// What was on its way is all that can be lost.
			expect(sentBytes(first.wire) + sentBytes(next.wire)).toBeLessThan(wholeBytes + 3 * 65_536);
			expect(first.clock.pending).toBe(0);
		}
	});

	it('in the middle of a large object goes on inside of it, with the same peer', async () => {
		const right = await storeWith([sampleObject(1, 4 * MIB)]);
		const left = memoryObjectStore();
		const first = await openSyncPair({ left: { store: left }, right: { store: right }, cut: (count) => count === 40 });
		await expect(first.left.sync()).rejects.toMatchObject({ code: 'SYNC_INTERRUPTED', cursor: null });
		const next = await openSyncPair({ left: { store: left }, right: { store: right } });
		expect(await next.left.sync()).toMatchObject({ newObjects: 1 });
		expect(sentBytes(next.wire)).toBeLessThan(4 * MIB - 30 * 65_000);
		expect(await idsIn(left)).toEqual(await idsIn(right));
	});

	it('and whose beginning was wrong fails once, and then brings it whole', async () => {
		const object = sampleObject(1, MIB);
		const id = objectId(object);
		const wrong = { ...(await storeWith([])), size: async () => MIB, get: async () => sampleObject(2, MIB) };
		const left = memoryObjectStore();
		const first = await openSyncPair({ left: { store: left }, cut: (count) => count === 8 });
		first.right.serve(wrong);
		await expect(first.left.fetch([id])).rejects.toMatchObject({ code: 'SYNC_INTERRUPTED' });
		const right = await storeWith([object]);
		const next = await openSyncPair({ left: { store: left }, right: { store: right } });
		await expect(next.left.fetch([id])).rejects.toMatchObject({ code: 'SYNC_CORRUPT' });
		expect(await idsIn(left)).toEqual([]);
		expect(await next.left.fetch([id])).toEqual([]);
		expect(await idsIn(left)).toEqual([id]);
	});
});
