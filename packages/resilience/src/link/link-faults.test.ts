import { settle } from '@linkscope/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FakeNetwork } from './fixtures/fake-network.js';
import { LinkWorld } from './fixtures/link-world.js';
import type { LinkEvent } from './link-event.js';
import { isOver } from './link-state.js';

type Step =
	| { do: 'run'; ms: number }
	| { do: 'server'; is: LinkWorld['server'] }
	| { do: 'cut' | 'peerCloses' | 'reconnect' | 'fastPath' | 'txDrop' | 'replace' | 'send' | 'hour' | 'wake' | 'settle' }
	| { do: 'network'; online: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
	fc.record({ do: fc.constant('run' as const), ms: fc.integer({ min: 0, max: 20_000 }) }),
	fc.record({ do: fc.constant('server' as const), is: fc.constantFrom('up' as const, 'down' as const, 'blackhole' as const) }),
	fc.record({ do: fc.constantFrom('cut', 'peerCloses', 'reconnect', 'fastPath', 'txDrop', 'replace', 'send', 'hour', 'wake', 'settle' as const) }),
	fc.record({ do: fc.constant('network' as const), online: fc.boolean() }),
);

const policy = fc.record({
	maxRetries: fc.constantFrom(0, 1, 10),
	lossAfterMs: fc.constantFrom(0, 3_000),
	settleMs: fc.constantFrom(0, 500),
	txDropWindowMs: fc.constantFrom(0, 500),
	waits: fc.array(fc.integer({ min: 0, max: 30_000 }), { minLength: 1, maxLength: 5 }),
});

test('under any schedule of faults a link has one connection and one dial at most, ends as its policy says, and leaves no timer', async () => {
	await fc.assert(
		fc.asyncProperty(policy, fc.array(step, { maxLength: 40 }), async ({ waits, ...options }, steps) => {
			const world = new LinkWorld();
			const network = new FakeNetwork();
			const backoff = { next: (attempt: number) => waits[attempt % waits.length] as number };
			const link = world.link({ ...options, backoff, network });
			const events: LinkEvent[] = [];
			let replacing = false;
			link.onEvent.on((event) => {
				events.push(event);
				if (!replacing) expect(world.live.length).toBeLessThanOrEqual(1);
			});
			link.open().catch(() => {});
			for (const each of steps) {
				if (each.do === 'run') await world.run(each.ms);
				else if (each.do === 'server') world.server = each.is;
				else if (each.do === 'cut') world.accepted.at(-1)?.terminate();
				else if (each.do === 'peerCloses') void world.accepted.at(-1)?.close();
				else if (each.do === 'reconnect') void link.reconnect();
				else if (each.do === 'fastPath') void link.reconnect({ fastPath: true });
				else if (each.do === 'txDrop') link.markTxDrop();
				else if (each.do === 'replace') replacing = link.replace() || replacing;
				else if (each.do === 'send' && !isOver(link.state)) link.send('x');
				else if (each.do === 'hour') world.clock.suspend(3_600_000);
				else if (each.do === 'wake') network.tell({ kind: 'suspended', driftMs: 60_000 });
				else if (each.do === 'network') network.tell({ kind: 'network', online: each.online });
				else await settle();
				const dialling = world.dialled.filter(({ state }) => state === 'INITIALIZING' || state === 'CONNECTING');
				expect(dialling.length).toBeLessThanOrEqual(1);
				if (!replacing) expect(world.live.length).toBeLessThanOrEqual(1);
			}
			// The faults are over: with tries left it comes back, whatever happened.
			world.server = 'up';
			network.tell({ kind: 'network', online: true });
			for (let i = 0; i < 4; i++) {
				await world.run(30_000);
				world.accepted.at(-1)?.state === 'ACTIVE' && world.peer.send('sign of life');
				await settle();
				if (options.lossAfterMs > 0) link.updateLastDataTime();
			}
			if (options.maxRetries === 0) expect(['CONNECTED', 'RECONNECTING']).toContain(link.state);
			if (options.maxRetries === 0 && options.lossAfterMs === 0) expect(link.state).toBe('CONNECTED');
			if (link.state === 'FAILED') {
				expect(events.some(({ type }) => type === 'EVENT_MAX_RETRIES_EXCEEDED')).toBe(true);
				expect(options.maxRetries).toBeGreaterThan(0);
			}
			// Every state is followed by one that may follow it: the machine throws otherwise, and nobody may have been told anything twice.
			const moves = events.filter(({ type }) => type === 'EVENT_STATE_CHANGE').map(({ context }) => context);
			moves.slice(1).forEach((move, i) => void expect(move.from).toBe(moves[i]?.to));

			await link.close();
			await settle();
			expect(world.live).toEqual([]);
			expect(world.clock.pending).toBe(0);
			expect(network.listeners.size).toBe(0);
			const dials = world.dialledAtMs.length;
			expect(await link.reconnect({ fastPath: true })).toBe(false);
			link.markTxDrop();
			expect(link.replace()).toBe(false);
			await link.drain();
			await world.run(3_600_000);
			expect(world.dialledAtMs).toHaveLength(dials);
		}),
		{ numRuns: 300 },
	);
}, 60_000);
