import { CloseCode } from '@linkscope/core';
import { settle } from '@linkscope/core/testing';
import { defaultPrimitives, encodeBase64url } from '@linkscope/crypto';
import { describe, expect, it } from 'vitest';
import { idsIn, openHostile, sampleObject, storeWith } from './fixtures/sync-pair.js';
import { MAX_OBJECT_BYTES, objectId } from './object-store.js';

const object = sampleObject(1, 100);
const id = objectId(object);
const checksumOf = (objects: readonly string[]) => encodeBase64url(defaultPrimitives().hash('SHA256', new TextEncoder().encode(objects.join(','))));
const data = (batch: number, objects: readonly string[], more: object = {}) => ({
	type: 'sync_data',
	sync: 1,
	batch,
	objects,
	checksum: checksumOf(objects),
	...more,
});
const complete = (total_objects: number, total_bytes: number) => ({ type: 'sync_complete', sync: 1, status: 'complete', total_objects, total_bytes });
const entry = (i: number, size = 100) => `${objectId(sampleObject(i, 100))}:${size}`;

type Script = (peer: Awaited<ReturnType<typeof openHostile>>) => unknown;

/** The honest side asks first. */
async function attack(script: Script, ask: 'sync' | 'fetch' = 'sync') {
	const peer = await openHostile({ maxObjects: 100, maxBytes: 2 ** 20, timeoutMs: 5_000 });
	const asked = (ask === 'sync' ? peer.plugin.sync() : peer.plugin.fetch([id])).catch(() => {});
	await settle();
	await script(peer);
	await settle();
	const isHealthy = peer.honest.state === 'ACTIVE';
	if (isHealthy) await peer.honest.close();
	await asked;
	const { code } = await peer.ended;
	expect(peer.clock.pending).toBe(0);
	return { ...peer, code: isHealthy ? null : code };
}

describe('a peer that is asked and', () => {
	it.each<[string, number, Script, ('fetch' | 'sync')?]>([
		['announces nothing', CloseCode.MALFORMED, ({ say }) => say(data(1, []))],
		['announces what has no name', CloseCode.MALFORMED, ({ say }) => say(data(1, ['x:1']))],
		['announces no size', CloseCode.MALFORMED, ({ say }) => say(data(1, [id]))],
		['announces a size of another form', CloseCode.MALFORMED, ({ say }) => say(data(1, [`${id}:01`]))],
		['gives a wrong checksum', CloseCode.MALFORMED, ({ say }) => say({ ...data(1, [entry(1)]), checksum: checksumOf([entry(2)]) })],
		['announces a huge object', CloseCode.TOO_BIG, ({ say }) => say(data(1, [entry(1, MAX_OBJECT_BYTES + 1)]))],
		['announces a huge batch', CloseCode.TOO_BIG, ({ say }) => say(data(1, [entry(1, 2 ** 19), entry(2, 2 ** 19), entry(3, 1)]))],
		['announces more objects than a batch has', CloseCode.MALFORMED, ({ say }) => say(data(1, Array(65).fill(entry(1))))],
		['announces a later batch', CloseCode.PROTOCOL_ORDER, ({ say }) => say(data(2, [entry(1)]))],
		[
			'announces two batches at once',
			CloseCode.PROTOCOL_ORDER,
			({ say }) => {
				say(data(1, [entry(1)]));
				say(data(2, [entry(2)]));
			},
		],
		[
			'announces without end what is here already',
			CloseCode.TOO_BIG,
			async ({ say, plugin }) => {
				await plugin.store.put(sampleObject(1, 100));
				for (let batch = 1; batch <= 101; batch++) {
					say(data(batch, [entry(1)]));
					await settle();
				}
			},
		],
		['announces more bytes than are taken', CloseCode.TOO_BIG, ({ say }) => say(data(1, [entry(1, 2 ** 20 + 1)]))],
		['sends objects that nobody asked for', CloseCode.PROTOCOL_ORDER, ({ sendObjects }) => sendObjects(1, object)],
		['announces what was not named', CloseCode.PROTOCOL_ORDER, ({ say }) => say(data(1, [entry(2)])), 'fetch'],
		['announces twice what was named once', CloseCode.PROTOCOL_ORDER, ({ say }) => say(data(1, [`${id}:100`, `${id}:100`])), 'fetch'],
		[
			'sends more bytes than it announced',
			CloseCode.MALFORMED,
			async ({ say, sendObjects }) => {
				say(data(1, [entry(1)]));
				await settle();
				sendObjects(1, sampleObject(1, 101));
			},
		],
		[
			'sends empty frames',
			CloseCode.MALFORMED,
			async ({ say, sendObjects }) => {
				say(data(1, [entry(1)]));
				await settle();
				sendObjects(1, new Uint8Array());
			},
		],
		['sends objects of no synchronisation', CloseCode.MALFORMED, ({ sendFrame }) => sendFrame(new Uint8Array([0x10, 0x59, 0x6f, 1]))],
		[
			'ends before the last object',
			CloseCode.PROTOCOL_ORDER,
			async ({ say }) => {
				say(data(1, [entry(1)]));
				await settle();
				say(complete(1, 100));
			},
		],
		['ends before the answer', CloseCode.PROTOCOL_ORDER, ({ say }) => [data(1, [entry(1)]), complete(1, 100)].forEach(say)],
		['ends with wrong totals', CloseCode.MALFORMED, ({ say }) => say(complete(1, 0))],
		['ends twice', CloseCode.PROTOCOL_ORDER, ({ say }) => [complete(0, 0), complete(0, 0)].forEach(say)],
		['goes on behind the end', CloseCode.PROTOCOL_ORDER, ({ say }) => [complete(0, 0), data(1, [entry(1)])].forEach(say)],
		['answers another request', CloseCode.PROTOCOL_ORDER, ({ say }) => say({ ...complete(0, 0), sync: 2 })],
		['gives a long cursor', CloseCode.MALFORMED, ({ say }) => say(data(1, [entry(1)], { cursor: 'x'.repeat(257) }))],
		['has heard an offer that was not made', CloseCode.PROTOCOL_ORDER, ({ say }) => say({ type: 'sync_heard', offer: 1 })],
		['answers an offer that was not made', CloseCode.PROTOCOL_ORDER, ({ say }) => say({ type: 'sync_answer', offer: 1, status: 'done' })],
	])('%s is closed with %i', async (_, code, script, ask) => {
		const { code: closed, plugin } = await attack(script, ask);
		expect(closed).toBe(code);
		// One that was there before, in one case.
		expect((await idsIn(plugin.store)).length).toBeLessThanOrEqual(1);
	});

	it('announces without end and reads nothing makes this side hold little', async () => {
		const { plugin, say, stopReading, honest } = await openHostile({ store: await storeWith([sampleObject(1, 100)]) });
		const asked = plugin.sync().catch(() => {});
		await settle();
		const held = stopReading();
		for (let batch = 1; batch <= 100 && honest.state === 'ACTIVE'; batch++) {
			say(data(batch, [entry(1)]));
			await settle();
		}
		expect(held.frames).toBe(1);
		expect(honest.closeInfo?.code).toBe(CloseCode.PROTOCOL_ORDER);
		await asked;
	});

	it('says goodbye at once is believed', async () => {
		const { code } = await attack(({ say }) => say(complete(0, 0)));
		expect(code).toBeNull();
	});
});

describe('a peer that asks and', () => {
	const request = (sync: number, more: object = {}) => ({ type: 'sync_request', sync, ...more });
	const ack = (received: number, more: object = {}) => ({ type: 'sync_ack', sync: 1, received, ...more });

	async function ask(...messages: object[]) {
		const peer = await openHostile({ store: await storeWith([object, sampleObject(2, 100)]) });
		for (const message of messages) {
			peer.say(message);
			await settle();
		}
		const isHealthy = peer.honest.state === 'ACTIVE';
		if (isHealthy) await peer.honest.close();
		return { ...peer, code: isHealthy ? null : (await peer.ended).code };
	}

	it.each<[string, number, object[]]>([
		['numbers out of turn', CloseCode.PROTOCOL_ORDER, [request(2)]],
		['asks twice with one number', CloseCode.PROTOCOL_ORDER, [request(1), request(1)]],
		['asks for too much at a time', CloseCode.PROTOCOL_ORDER, Array.from({ length: 9 }, (_, i) => request(i + 1))],
		['names what is no name', CloseCode.MALFORMED, [request(1, { objects: ['x'] })]],
		['names nothing', CloseCode.MALFORMED, [request(1, { objects: [] })]],
		['names one twice', CloseCode.MALFORMED, [request(1, { objects: [id, id] })]],
		['names more than 64', CloseCode.MALFORMED, [request(1, { objects: Array.from({ length: 65 }, (_, i) => objectId(sampleObject(i, 9))) })]],
		['asks for named and for all', CloseCode.MALFORMED, [request(1, { objects: [id], last_sync: 'x' })]],
		['acknowledges what it never asked for', CloseCode.PROTOCOL_ORDER, [ack(0)]],
		['answers a batch that was not announced', CloseCode.PROTOCOL_ORDER, [request(1), ack(0, { next_batch: 2, wanted: '11' })]],
		['answers a batch twice', CloseCode.PROTOCOL_ORDER, [request(1), ack(0, { next_batch: 1, wanted: '11' }), ack(0, { next_batch: 1, wanted: '11' })]],
		['wants another number of objects', CloseCode.MALFORMED, [request(1), ack(0, { next_batch: 1, wanted: '1' })]],
		['wants nonsense', CloseCode.MALFORMED, [request(1), ack(0, { next_batch: 1, wanted: '1x' })]],
		['goes on behind the end of an object', CloseCode.MALFORMED, [request(1), ack(0, { next_batch: 1, wanted: '11', from: 100 })]],
		['goes on inside of nothing', CloseCode.MALFORMED, [request(1), ack(0, { next_batch: 1, wanted: '00', from: 1 })]],
		['claims to have what was not sent', CloseCode.PROTOCOL_ORDER, [request(1), ack(1, { next_batch: 1, wanted: '11' })]],
		['acknowledges before the end', CloseCode.PROTOCOL_ORDER, [request(1), ack(0)]],
		['acknowledges less than it had', CloseCode.PROTOCOL_ORDER, [request(1), ack(0, { next_batch: 1, wanted: '00' }), ack(0)]],
		['aborts what it never began', CloseCode.PROTOCOL_ORDER, [{ type: 'sync_abort', sync: 1 }]],
		['offers out of turn', CloseCode.PROTOCOL_ORDER, [{ type: 'sync_offer', offer: 2, object: id, purpose: 'file' }]],
		['offers what has no name', CloseCode.MALFORMED, [{ type: 'sync_offer', offer: 1, object: 'x', purpose: 'file' }]],
		['offers for no purpose', CloseCode.MALFORMED, [{ type: 'sync_offer', offer: 1, object: id, purpose: '<b>' }]],
		['takes back what it did not offer', CloseCode.PROTOCOL_ORDER, [{ type: 'sync_withdraw', offer: 1 }]],
		['says what nobody knows', CloseCode.MALFORMED, [{ type: 'constructor' }]],
		['says it without a type', CloseCode.MALFORMED, [{ sync: 1 }]],
	])('%s is closed with %i', async (_, code, messages) => {
		expect((await ask(...messages)).code).toBe(code);
	});

	it('plays by the rules is served', async () => {
		const { said, code } = await ask(request(1), ack(0, { next_batch: 1, wanted: '01', from: 40 }), ack(1));
		expect(code).toBeNull();
		expect(said()).toMatchObject([
			{ type: 'sync_data', sync: 1, batch: 1, objects: [`${id}:100`, entry(2)] },
			new Uint8Array([0x10, 0x59, 0x6f, 0, 0, 0, 1, ...sampleObject(2, 100).subarray(40)]),
			complete(2, 200),
		]);
	});

	it('aborts is told that nothing follows, and what crosses that is passed over', async () => {
		const { said, code } = await ask(request(1), { type: 'sync_abort', sync: 1 }, ack(0, { next_batch: 1, wanted: '11' }), request(2));
		expect(code).toBeNull();
		expect(said()).toMatchObject([{ type: 'sync_data' }, { type: 'sync_complete', sync: 1, status: 'aborted' }, { type: 'sync_data', sync: 2 }]);
	});

	it.each<[string, (peer: Awaited<ReturnType<typeof openHostile>>, i: number) => void]>([
		[
			'asks and aborts',
			({ say }, i) => {
				say(request(i));
				say({ type: 'sync_abort', sync: i });
			},
		],
		['offers', ({ say }, i) => say({ type: 'sync_offer', offer: i, object: id, purpose: 'file' })],
	])('%s without end and reads nothing makes this side hold little', async (_, step) => {
		const peer = await openHostile({ store: await storeWith([object]) });
		peer.plugin.onOffer('file', async () => 'refused');
		const held = peer.stopReading();
		for (let i = 1; i <= 100 && peer.honest.state === 'ACTIVE'; i++) {
			step(peer, i);
			await settle();
		}
		expect(held.frames).toBeLessThanOrEqual(2);
		expect((await peer.ended).code).toBe(CloseCode.PROTOCOL_ORDER);
	});

	it.each([
		[32, null],
		[33, CloseCode.PROTOCOL_ORDER],
	])('says %i things before this side is ACTIVE waits, and not for more than it may say', async (count, code) => {
		let release = () => {};
		const early = (i: number) => {
			const asked = ((i - 1) % 8) + 1;
			if (i <= 8) return request(asked);
			if (i <= 16) return { type: 'sync_abort', sync: asked };
			if (i <= 24) return { type: 'sync_offer', offer: asked, object: id, purpose: 'file' };
			return { type: 'sync_withdraw', offer: asked };
		};
		const slow = {
			name: 'slow',
			handshake: () =>
				new Promise<void>((resolve) => {
					release = resolve;
				}),
		};
		const peer = await openHostile({ store: await storeWith([object]) }, [slow]);
		for (let i = 1; i <= count; i++) peer.say(early(i));
		await settle();
		expect(peer.frames).toEqual([]);
		release();
		await settle();
		await peer.clock.run(1_000);
		if (code === null) expect(peer.frames).toHaveLength(24);
		else expect((await peer.ended).code).toBe(code);
		await peer.honest.close();
	});
});
