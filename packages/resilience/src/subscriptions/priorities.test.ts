import { settle } from '@linkscope/core/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { AdaptiveMonitor } from '../monitor/adaptive-monitor.js';
import { MONITORING_LEVELS } from '../monitor/levels.js';
import { begin, broker, clock, events, managerOf, oneTopic, subscribed } from './fixtures/test-broker.js';

beforeEach(begin);

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
