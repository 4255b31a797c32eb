import { FakeClock, settle } from '@linkscope/core/testing';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { AdaptiveMonitor } from '../monitor/adaptive-monitor.js';
import { MONITORING_LEVELS } from '../monitor/levels.js';
import { type SubscriptionEvent, SubscriptionManager, type SubscriptionManagerOptions } from './subscription-manager.js';

let clock: FakeClock;
let events: SubscriptionEvent[];
/** The topics that exist at the broker. */
let broker: Set<string>;

beforeEach(() => {
	clock = new FakeClock();
	events = [];
	broker = new Set();
});

function managerOf(options: Partial<SubscriptionManagerOptions> = {}): SubscriptionManager {
	const manager = new SubscriptionManager({
		clock,
		subscribe: (topics) => change(topics, 'add'),
		unsubscribe: (topics) => change(topics, 'delete'),
		...options,
	});
	manager.onEvent.on((event) => events.push(event));
	return manager;
}

function subscribed(manager: SubscriptionManager): string[] {
	return [...manager.subscriptions()].filter(({ state }) => state === 'subscribed').map(({ node }) => node);
}

function after<T>(ms: number, value: T): Promise<T> {
	return new Promise((resolve) => clock.after(ms, () => resolve(value)));
}

function change(topics: readonly string[], how: 'add' | 'delete'): void {
	for (const topic of topics) broker[how](topic);
}

const oneTopic = { topics: (node: string) => [node] };

describe('a budget of 300', () => {
	it('has room for the three topics of 100 nodes', async () => {
		const manager = managerOf();
		for (let i = 0; i < 150; i++) manager.add(`n${i}`, 'LOW');
		await settle();
		expect([manager.used, broker.size, subscribed(manager).length]).toEqual([300, 300, 100]);
		expect([...broker].slice(0, 3)).toEqual(['node/n0/params/remote', 'node/n0/otaurl', 'node/n0/to-node']);
		expect(manager.subscription('n100')).toMatchObject({ priority: 3, state: 'waiting' });
	});

	it('makes the least important give way, the newest of them first, and they come back when there is room', async () => {
		const manager = managerOf({ budget: 9 });
		for (const [node, level] of [
			['low 1', 'LOW'],
			['minimal', 'MINIMAL'],
			['normal', 'NORMAL'],
		] as const)
			manager.add(node, level);
		manager.add('high', 'HIGH');
		await settle();
		expect(subscribed(manager)).toEqual(['low 1', 'normal', 'high']);
		manager.add('critical', 'CRITICAL');
		await settle();
		expect(subscribed(manager)).toEqual(['normal', 'high', 'critical']);
		manager.add('normal too', 'NORMAL');
		await settle();
		expect(manager.subscription('normal too').state).toBe('waiting');
		manager.remove('high');
		manager.remove('normal');
		await settle();
		// Those of more importance first; of the two that gave way, the older one.
		expect(subscribed(manager)).toEqual(['low 1', 'critical', 'normal too']);
		manager.remove('critical');
		await settle();
		expect(subscribed(manager)).toEqual(['low 1', 'minimal', 'normal too']);
		expect(events.filter(({ type }) => type === 'unsubscribed').map((event) => [event.node, 'reason' in event && event.reason])).toEqual([
			['minimal', 'evicted'],
			['low 1', 'evicted'],
			['high', 'removed'],
			['normal', 'removed'],
			['critical', 'removed'],
		]);
	});

	it('goes by priorities 1 for CRITICAL and HIGH, 2 for NORMAL, 3 for LOW and MINIMAL', () => {
		const manager = managerOf();
		for (const level of MONITORING_LEVELS) manager.add(level, level);
		expect([...manager.subscriptions()].map(({ node, priority }) => [node, priority])).toEqual([
			['CRITICAL', 1],
			['HIGH', 1],
			['NORMAL', 2],
			['LOW', 3],
			['MINIMAL', 3],
		]);
	});

	it('follows changed levels', async () => {
		const manager = managerOf({ budget: 1, ...oneTopic });
		manager.add('one', 'NORMAL');
		manager.add('two', 'NORMAL');
		await settle();
		expect(subscribed(manager)).toEqual(['one']);
		manager.setLevel('two', 'CRITICAL');
		await settle();
		expect(subscribed(manager)).toEqual(['two']);
		manager.setLevel('two', 'LOW');
		await settle();
		expect(subscribed(manager)).toEqual(['one']);
		manager.add('two', 'HIGH');
		await settle();
		expect(subscribed(manager)).toEqual(['two']);
	});

	it('evicts nobody where that would not make room enough', async () => {
		const topics = (node: string) => Array.from({ length: Number(node.split(' ')[1]) }, (_, index) => `${node} ${index}`);
		const manager = managerOf({ budget: 4, topics });
		manager.add('high 3', 'HIGH');
		manager.add('low 1', 'LOW');
		manager.add('normal 2', 'NORMAL');
		await settle();
		expect(subscribed(manager)).toEqual(['high 3', 'low 1']);
		manager.setLevel('high 3', 'MINIMAL');
		await settle();
		expect(subscribed(manager)).toEqual(['low 1', 'normal 2']);
	});
});

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

describe('a manager that follows a monitor', () => {
	it('subscribes its nodes by their levels, as they come, go and change', async () => {
		const bad = new Set<string>();
		const monitor = new AdaptiveMonitor({ clock, check: (node) => !bad.has(node) });
		const manager = managerOf({ budget: 6 });
		monitor.add('there before', 'LOW');
		const unfollow = manager.follow(monitor);
		monitor.add('low', 'LOW');
		monitor.add('low too', 'LOW');
		monitor.start();
		await clock.run(1);
		expect(subscribed(manager)).toEqual(['there before', 'low']);
		bad.add('low too');
		await clock.run(300_000);
		expect(subscribed(manager)).toEqual(['there before', 'low too']);
		monitor.remove('there before');
		await settle();
		expect(subscribed(manager)).toEqual(['low', 'low too']);
		manager.remove('low too');
		unfollow();
		monitor.add('late');
		await clock.run(60_000);
		expect([...manager.subscriptions()].map(({ node }) => node)).toEqual(['low']);
		monitor.stop();
		manager.stop();
		expect(clock.pending).toBe(0);
	});

	it('hears of many nodes that a review raises at once', async () => {
		const failures = new Map<string, number>();
		const check = (node: string): boolean => {
			const failed = failures.get(node) ?? 0;
			failures.set(node, failed + 1);
			return failed >= 11;
		};
		const monitor = new AdaptiveMonitor({ clock, check, intervalsMs: { CRITICAL: 1_000 } });
		const manager = managerOf();
		manager.follow(monitor);
		for (let i = 0; i < 12; i++) monitor.add(`n${i}`, 'HIGH');
		monitor.start();
		await clock.run(119_000);
		for (let i = 0; i < 12; i++) manager.setLevel(`n${i}`, 'LOW');
		await clock.run(1_000);
		expect([...manager.subscriptions()].every(({ priority }) => priority === 1)).toBe(true);
		monitor.stop();
		manager.stop();
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
					clock = new FakeClock();
					broker = new Set();
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
