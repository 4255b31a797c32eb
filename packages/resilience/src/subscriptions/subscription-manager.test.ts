import { settle } from '@linkscope/core/testing';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { MONITORING_LEVELS } from '../monitor/levels.js';
import { after, begin, broker, change, clock, events, managerOf, oneTopic, subscribed } from './fixtures/test-broker.js';
import { SubscriptionManager } from './subscription-manager.js';

beforeEach(begin);

describe('a node', () => {
	it('keeps its place until its topics are surely gone', async () => {
		const manager = managerOf({ budget: 1, ...oneTopic, unsubscribe: () => after(5_000, null) });
		manager.add('low', 'LOW');
		await settle();
		manager.add('high', 'HIGH');
		manager.add('high too', 'HIGH');
		await clock.run(4_999);
		expect([manager.used, manager.subscription('low').state, manager.subscription('high').state]).toEqual([1, 'unsubscribing', 'waiting']);
		await clock.run(1);
		expect([subscribed(manager), manager.subscription('low').state]).toEqual([['high'], 'waiting']);
	});

	it('that is removed and comes back at once is subscribed after it was unsubscribed, never the other way round', async () => {
		const calls: string[] = [];
		const slow = (name: string) => async () => {
			calls.push(`${name} begins`);
			await after(1_000, null);
			calls.push(`${name} ends`);
		};
		const manager = managerOf({ subscribe: slow('subscribe'), unsubscribe: slow('unsubscribe') });
		manager.add('node', 'LOW');
		await clock.run(500);
		expect(manager.remove('node')).toBe(true);
		expect(manager.remove('node')).toBe(false);
		expect(() => manager.subscription('node')).toThrow(expect.objectContaining({ code: 'NODE_UNKNOWN' }));
		await clock.run(1_000);
		manager.add('node', 'HIGH');
		await clock.run(10_000);
		const calledFor = (name: string) => [`${name} begins`, `${name} ends`];
		expect(calls).toEqual([...calledFor('subscribe'), ...calledFor('unsubscribe'), ...calledFor('subscribe')]);
		expect(manager.subscription('node')).toMatchObject({ state: 'subscribed', priority: 1 });
	});

	it('that cannot be subscribed is tried again after 2, 4, 8 s, then lets another of its importance try', async () => {
		const tried: string[] = [];
		const manager = managerOf({
			budget: 1,
			...oneTopic,
			subscribe: (_topics, node) => {
				tried.push(`${node} at ${clock.now() / 1_000}`);
				if (node === 'bad') throw new Error('not authorized');
			},
		});
		manager.add('bad', 'NORMAL');
		manager.add('low', 'LOW');
		manager.add('good', 'NORMAL');
		await clock.run(13_900);
		expect(tried).toEqual(['bad at 0', 'bad at 2', 'bad at 6']);
		await clock.run(100);
		expect([subscribed(manager), tried.at(-1)]).toEqual([['good'], 'good at 14']);
		expect(events.map((event) => [event.type, event.node])).toContainEqual(['unsubscribed', 'bad']);
		manager.remove('good');
		await clock.run(3_600_000);
		// Nobody as important waits: it goes on trying, a minute apart.
		expect(tried.length).toBeLessThan(80);
		expect(manager.subscription('low').state).toBe('waiting');
		manager.stop();
		expect(clock.pending).toBe(0);
	});

	it('whose unsubscribe fails or never ends is tried again and keeps its place', async () => {
		let calls = 0;
		const manager = managerOf({
			budget: 1,
			...oneTopic,
			unsubscribe: () => {
				if (++calls === 1) throw new Error('no connection');
				return calls === 2 ? new Promise(() => {}) : null;
			},
		});
		manager.add('low', 'LOW');
		await settle();
		manager.add('high', 'HIGH');
		await clock.run(13_999);
		// Fails at 0, from 2 to 10 s; again at 14.
		expect([manager.used, calls, subscribed(manager)]).toEqual([1, 2, []]);
		expect(events.filter(({ type }) => type === 'failed')).toMatchObject([
			{ action: 'unsubscribe', error: { message: 'no connection' }, retryInMs: 2_000 },
			{ action: 'unsubscribe', error: { code: 'NODE_TIMEOUT' }, retryInMs: 4_000 },
		]);
		await clock.run(1);
		expect(subscribed(manager)).toEqual(['high']);
		expect(clock.pending).toBe(0);
	});

	it('that must leave while it rests after a failure leaves at once', async () => {
		const manager = managerOf({ budget: 1, ...oneTopic, subscribe: (_topics, node) => node === 'bad' && Promise.reject(new Error('no')) });
		manager.add('bad', 'LOW');
		await clock.run(1_000);
		manager.add('good', 'HIGH');
		await settle();
		expect([subscribed(manager), clock.pending]).toEqual([['good'], 0]);
	});
});

describe('whatever fails', () => {
	it('never more topics than the budget exist, the most important have them in the end, and stop() leaves no timer', async () => {
		const step = fc.oneof(
			fc.record({ do: fc.constantFrom('add' as const, 'setLevel' as const), node: fc.nat(12), level: fc.constantFrom(...MONITORING_LEVELS) }),
			fc.record({ do: fc.constant('remove' as const), node: fc.nat(12) }),
			fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 10_000 }) }),
		);
		const outcome = fc.record({ ms: fc.constantFrom(0, 0, 100, 9_000), fails: fc.boolean() });
		await fc.assert(
			fc.asyncProperty(
				fc.array(step, { maxLength: 60 }),
				fc.array(outcome, { minLength: 1, maxLength: 12 }),
				fc.integer({ min: 3, max: 20 }),
				async (steps, outcomes, budget) => {
					begin();
					let calls = 0;
					let isCalm = false;
					const busy = new Set<string>();
					const calling = async (node: string, change: () => void): Promise<void> => {
						const { ms, fails } = outcomes[calls++ % outcomes.length] as { ms: number; fails: boolean };
						expect(busy.has(node)).toBe(false);
						busy.add(node);
						// One that is given up after 8 s has done its work or not, but not later.
						if (!isCalm && ms > 0) await after(Math.min(ms, 7_900), null);
						// What fails may have been done all the same.
						if (isCalm || !fails || calls % 2 === 0) change();
						busy.delete(node);
						expect(broker.size).toBeLessThanOrEqual(budget);
						if (!isCalm && fails) throw new Error('no');
					};
					const manager = new SubscriptionManager({
						clock,
						budget,
						subscribe: (topics, node) => calling(node, () => change(topics, 'add')),
						unsubscribe: (topics, node) => calling(node, () => change(topics, 'delete')),
					});
					for (const each of steps) {
						const node = 'node' in each ? `n${each.node}` : '';
						if (each.do === 'add') manager.add(node, each.level);
						else if (each.do === 'setLevel' && [...manager.subscriptions()].some((known) => known.node === node)) manager.setLevel(node, each.level);
						else if (each.do === 'remove') manager.remove(node);
						else if (each.do === 'wait') await clock.run(each.ms);
						expect(manager.used).toBeLessThanOrEqual(budget);
					}
					isCalm = true;
					await clock.run(200_000);
					const all = [...manager.subscriptions()];
					const inside = all.filter(({ state }) => state === 'subscribed');
					const outside = all.filter(({ state }) => state !== 'subscribed');
					expect(inside).toHaveLength(Math.min(all.length, Math.floor(budget / 3)));
					expect(outside.every(({ state }) => state === 'waiting')).toBe(true);
					const leastInside = Math.max(0, ...inside.map(({ priority }) => priority));
					for (const { priority } of outside) expect(priority).toBeGreaterThanOrEqual(leastInside);
					expect([...broker].sort()).toEqual(inside.flatMap(({ topics }) => topics).sort());
					expect([manager.used, clock.pending]).toEqual([inside.length * 3, 0]);
					manager.stop();
				},
			),
			{ numRuns: 100 },
		);
	}, 30_000);

	it('stop() gives up what runs and rests, and nothing is called afterwards', async () => {
		let calls = 0;
		const manager = managerOf({
			subscribe: (_topics, node) => {
				calls++;
				return node === 'hangs' ? new Promise(() => {}) : Promise.reject(new Error('no'));
			},
		});
		manager.add('hangs', 'HIGH');
		manager.add('fails', 'HIGH');
		await clock.run(1_000);
		manager.stop();
		manager.add('late', 'HIGH');
		manager.remove('fails');
		await clock.run(60_000);
		expect([calls, clock.pending]).toEqual([2, 0]);
	});

	it.each([
		[{ budget: 0 }, RangeError, 'budget'],
		[{ operationTimeoutMs: 0 }, RangeError, 'operationTimeoutMs'],
		[{ subscribe: 7 }, TypeError, 'subscribe'],
		[{ unsubscribe: undefined }, TypeError, 'unsubscribe'],
		[{ topics: 'all' }, TypeError, 'topics'],
	])('%o is named', (options, kind, name) => {
		expect(() => managerOf(options as never)).toThrow(kind);
		expect(() => managerOf(options as never)).toThrow(name);
	});

	it('a node of no topics, of too many, of no level, and one that is unknown', () => {
		const manager = managerOf({ budget: 2, topics: (node) => Array(Number(node)).fill('topic') });
		expect(() => manager.add('0', 'LOW')).toThrow(RangeError);
		expect(() => manager.add('3', 'LOW')).toThrow('from 1 to 2, got 3');
		expect(() => manager.add('1', 'URGENT' as never)).toThrow(RangeError);
		expect(() => manager.setLevel('ghost', 'LOW')).toThrow(expect.objectContaining({ code: 'NODE_UNKNOWN' }));
		expect([...manager.subscriptions()]).toEqual([]);
	});
});
