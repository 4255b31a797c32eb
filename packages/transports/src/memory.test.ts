import { transportSuite } from '@linkscope/core/testing';
import { describe, expect, test } from 'vitest';
import { createMemoryPair, type MemoryPairOptions } from './memory.js';

const modes: Record<string, MemoryPairOptions> = {
	single: {},
	burst: { delivery: 'burst' },
	latency: { latencyMs: 2 },
};

for (const [mode, options] of Object.entries(modes)) {
	describe(`memory, ${mode}`, () => {
		transportSuite({
			test,
			// Its ends open together, so nothing can arrive before.
			supports: { earlyFrames: false },
			pair: () => {
				const [initiator, acceptor] = createMemoryPair({ maxMessageBytes: 32 * 1024, ...options });
				return { initiator, acceptor: Promise.resolve(acceptor) };
			},
			unanswered: () => ({ transport: createMemoryPair(options)[0] }),
		});
	});
}

describe('memory, loss and reordering', () => {
	async function received(options: MemoryPairOptions): Promise<unknown[]> {
		const [a, b] = createMemoryPair(options);
		const got: unknown[] = [];
		const sink = { message: (payload: unknown) => got.push(payload), drained() {}, wire() {}, claim() {}, closed() {} };
		const { signal } = new AbortController();
		await Promise.all([a.open(sink, signal), b.open(sink, signal)]);
		for (let i = 0; i < 6; i++) a.send(`${i}`);
		await new Promise((resolve) => setImmediate(resolve));
		return got;
	}

	test('a share of the messages vanishes, and the features say so', async () => {
		const rolls = [0.1, 0.9, 0.1, 0.9, 0.9, 0.1];
		expect(await received({ lossRate: 0.5, random: () => rolls.shift() ?? 1 })).toEqual(['1', '3', '4']);
		expect(createMemoryPair({ lossRate: 0.5 })[0].features).toMatchObject({ reliable: false, ordered: true });
	});

	test('a share of the messages overtakes, and the features say so', async () => {
		const rolls = [0.9, 0.1, 0.9, 0.9, 0.1, 0.9];
		expect(await received({ reorderRate: 0.5, delivery: 'burst', random: () => rolls.shift() ?? 1 })).toEqual(['1', '0', '2', '4', '3', '5']);
		expect(createMemoryPair({ reorderRate: 0.5 })[0].features).toMatchObject({ reliable: true, ordered: false });
	});
});
