import type { Payload } from '@linkscope/core';
import { MESSAGE_OVERHEAD_BYTES } from '@linkscope/core';
import { settle } from '@linkscope/core/testing';
import { expect, test } from 'vitest';
import { OrderedLane } from './ordered-lane.js';

function lane(transform: (payload: Payload) => Promise<Payload>) {
	const emitted: Payload[] = [];
	const failures: Error[] = [];
	const made = new OrderedLane({ transform, emit: (payload) => emitted.push(payload), failed: (error) => failures.push(error) });
	return { lane: made, emitted, failures };
}

test('what takes long keeps its place before what is quick', async () => {
	const delays: Record<string, number> = { slow: 20, quick: 0, middling: 5 };
	const { lane: made, emitted } = lane(async (payload) => {
		await settle(delays[payload as string]);
		return payload;
	});
	for (const payload of Object.keys(delays)) made.push(payload);
	expect(made.heldBytes).toBe(17 + 3 * MESSAGE_OVERHEAD_BYTES);
	await made.rest;
	expect(emitted).toEqual(['slow', 'quick', 'middling']);
	expect(made.heldBytes).toBe(0);
	expect(made.rest).toBeNull();
});

test('a stopped lane emits nothing more, not even what is under way', async () => {
	const { lane: made, emitted, failures } = lane(async (payload) => payload);
	made.push('under way');
	made.push('waiting');
	made.stop();
	made.push('late');
	await settle();
	expect(emitted).toEqual([]);
	expect(failures).toEqual([]);
	expect(made.heldBytes).toBe(0);
});

test('a transform that throws stops the lane and is told once', async () => {
	const {
		lane: made,
		emitted,
		failures,
	} = lane(async (payload) => {
		if (payload === 'bad') throw new Error('bad');
		return payload;
	});
	for (const payload of ['good', 'bad', 'after']) made.push(payload);
	await made.rest;
	expect(emitted).toEqual(['good']);
	expect(failures.map((error) => error.message)).toEqual(['bad']);
});

test('a hundred thousand empty messages are counted, and leave in linear time', async () => {
	let emitted = 0;
	const made = new OrderedLane({ transform: async (payload) => payload, emit: () => void emitted++, failed: () => {} });
	for (let i = 0; i < 100_000; i++) made.push('');
	expect(made.heldBytes).toBe(100_000 * MESSAGE_OVERHEAD_BYTES);
	await made.rest;
	expect([emitted, made.heldBytes]).toEqual([100_000, 0]);
});
