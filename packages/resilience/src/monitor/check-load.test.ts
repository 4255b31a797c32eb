import type { AbortSignal } from '@linkscope/core';
import { FakeClock, settle } from '@linkscope/core/testing';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { AdaptiveMonitor } from './adaptive-monitor.js';
import { MONITORING_LEVELS } from './levels.js';

let clock: FakeClock;

beforeEach(() => {
	clock = new FakeClock();
});

/** Checks that take so long, and how many of them ran at once. */
function taking(ms: (node: string) => number) {
	const seen = { running: 0, most: 0, order: [] as string[], checksOf: new Map<string, number>() };
	const check = (node: string): Promise<void> => {
		seen.most = Math.max(seen.most, ++seen.running);
		seen.order.push(node);
		seen.checksOf.set(node, (seen.checksOf.get(node) ?? 0) + 1);
		return new Promise((resolve) => {
			clock.after(ms(node), () => {
				seen.running--;
				resolve();
			});
		});
	};
	return { check, seen };
}

describe('checks that are due together', () => {
	it('run 50 at a time, the more important first', async () => {
		const { check, seen } = taking(() => 1_000);
		const monitor = new AdaptiveMonitor({ clock, check, intervalsMs: { CRITICAL: 60_000, HIGH: 60_000, NORMAL: 60_000, LOW: 60_000, MINIMAL: 60_000 } });
		for (const level of [...MONITORING_LEVELS].reverse()) for (let i = 0; i < 40; i++) monitor.add(`${level} ${i}`, level);
		monitor.start();
		await clock.run(60_000);
		expect([seen.running, monitor.statistics.checking, monitor.statistics.queued]).toEqual([50, 50, 150]);
		await clock.run(4_000);
		expect([seen.most, seen.order.length, monitor.statistics.queued]).toEqual([50, 200, 0]);
		monitor.stop();
	});

	it('are served by level where the intervals differ', async () => {
		const { check, seen } = taking(() => 1_000);
		const monitor = new AdaptiveMonitor({ clock, check, maxConcurrentChecks: 1 });
		for (const level of [...MONITORING_LEVELS].reverse()) monitor.add(level, level);
		clock.suspend(1_000);
		monitor.start();
		// All fell due while the machine slept.
		clock.suspend(3_600_000);
		await clock.run(4_500);
		expect(seen.order).toEqual(['CRITICAL', 'HIGH', 'NORMAL', 'LOW', 'MINIMAL']);
		monitor.stop();
	});

	it('go by how long each may still wait, not by how long it has waited', async () => {
		const { check, seen } = taking((node) => (node === 'slow' ? 7_000 : 100));
		const monitor = new AdaptiveMonitor({ clock, check, maxConcurrentChecks: 1 });
		monitor.start();
		monitor.add('low', 'LOW');
		await clock.run(269_000);
		monitor.add('slow', 'HIGH');
		await clock.run(28_000);
		monitor.add('critical', 'CRITICAL');
		// The slow one from 299 to 306 s; the others have been due since 300 and 302.
		await clock.run(10_000);
		expect(seen.order).toEqual(['slow', 'critical', 'low']);
		monitor.stop();
	});

	it('none starves: even where CRITICAL nodes alone are more work than there is room for, each level gets its turn', async () => {
		const { check, seen } = taking(() => 1_000);
		const monitor = new AdaptiveMonitor({ clock, check, maxConcurrentChecks: 2 });
		monitor.onEvent.on((event) => {
			if (event.type !== 'level') return;
			for (const node of event.nodes) if (node.startsWith('CRITICAL')) monitor.setLevel(node, 'CRITICAL');
		});
		for (let i = 0; i < 20; i++) monitor.add(`CRITICAL ${i}`, 'CRITICAL');
		monitor.add('HIGH', 'HIGH');
		monitor.add('LOW', 'LOW');
		monitor.add('MINIMAL', 'MINIMAL');
		monitor.start();
		await clock.run(3 * 3_600_000);
		expect(seen.most).toBe(2);
		for (const [node, checks] of seen.checksOf) expect([node, checks >= 3]).toEqual([node, true]);
		expect(seen.checksOf.size).toBe(23);
		monitor.stop();
	});

	it('never more at once than the limit, each node in at most one, and no timer after stop(), whatever comes between', async () => {
		const step = fc.oneof(
			fc.record({ do: fc.constant('add' as const), node: fc.nat(30), level: fc.constantFrom(...MONITORING_LEVELS) }),
			fc.record({ do: fc.constant('remove' as const), node: fc.nat(30) }),
			fc.record({ do: fc.constant('setLevel' as const), node: fc.nat(30), level: fc.constantFrom(...MONITORING_LEVELS) }),
			fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 120_000 }) }),
			fc.record({ do: fc.constant('restart' as const) }),
		);
		const duration = fc.constantFrom(0, 10, 500, 7_000, 60_000);
		await fc.assert(
			fc.asyncProperty(
				fc.array(step, { maxLength: 40 }),
				fc.integer({ min: 1, max: 5 }),
				fc.array(duration, { minLength: 1, maxLength: 10 }),
				async (steps, limit, durations) => {
					clock = new FakeClock();
					const running = new Set<string>();
					let checks = 0;
					const check = (node: string, { signal }: { signal: AbortSignal }): Promise<boolean> => {
						expect(running.has(node)).toBe(false);
						running.add(node);
						expect(running.size).toBeLessThanOrEqual(limit);
						return new Promise((resolve) => {
							const end = (): void => {
								running.delete(node);
								cancel();
								resolve(checks % 3 > 0);
							};
							const cancel = clock.after(durations[checks++ % durations.length] as number, end);
							signal.addEventListener('abort', end, { once: true });
						});
					};
					const monitor = new AdaptiveMonitor({ clock, check, maxConcurrentChecks: limit });
					monitor.start();
					const known = new Set<string>();
					for (const each of steps) {
						const node = 'node' in each ? `node-${each.node}` : '';
						if (each.do === 'add') monitor.add(node, each.level);
						else if (each.do === 'remove') expect(monitor.remove(node)).toBe(known.has(node));
						else if (each.do === 'setLevel' && known.has(node)) monitor.setLevel(node, each.level);
						else if (each.do === 'wait') await clock.run(each.ms);
						else if (each.do === 'restart') {
							monitor.stop();
							monitor.start();
						}
						if (each.do === 'add') known.add(node);
						if (each.do === 'remove') known.delete(node);
					}
					const { nodes, byLevel } = monitor.statistics;
					expect([nodes, Object.values(byLevel).reduce((sum, count) => sum + count)]).toEqual([known.size, known.size]);
					monitor.stop();
					await settle();
					expect([clock.pending, running.size, monitor.statistics.checking, monitor.statistics.queued]).toEqual([0, 0, 0, 0]);
				},
			),
			{ numRuns: 60 },
		);
	}, 30_000);
});

describe('a check', () => {
	it('that takes longer than 8 s has failed, its signal is aborted, and what it says later is not heard', async () => {
		let aborted: unknown = null;
		const monitor = new AdaptiveMonitor({
			clock,
			check: (_node, { signal }) => {
				signal.addEventListener('abort', () => {
					aborted = signal.reason;
				});
				return new Promise((resolve) => clock.after(20_000, resolve));
			},
		});
		const outcomes: unknown[] = [];
		monitor.onEvent.on((event) => event.type === 'checked' && outcomes.push([clock.now(), event.outcome, event.durationMs]));
		monitor.add('slow');
		monitor.start();
		await clock.run(37_900);
		expect(outcomes).toEqual([]);
		await clock.run(12_100);
		expect(outcomes).toEqual([[38_000, 'failed', 8_000]]);
		expect(aborted).toMatchObject({ name: 'FleetError', code: 'NODE_TIMEOUT' });
		monitor.stop();
		await clock.run(20_000);
		expect(clock.pending).toBe(0);
	});

	it.each([
		[
			'throws',
			() => {
				throw new Error('broken');
			},
		],
		['rejects', () => Promise.reject(new Error('broken'))],
		['says no', () => false],
		['says no later', async () => false],
	])('that %s is a failed one, and the machine goes on', async (_how, check) => {
		const monitor = new AdaptiveMonitor({ clock, check });
		for (let i = 0; i < 60; i++) monitor.add(`node-${i}`, 'HIGH');
		monitor.start();
		await clock.run(60_000);
		expect(monitor.statistics).toMatchObject({ failures: 120, checks: 120, erring: 60, checking: 0, byLevel: { CRITICAL: 60 } });
		monitor.stop();
	});

	it('of a removed node is aborted and frees its place at once', async () => {
		const aborted: string[] = [];
		const begun: string[] = [];
		const monitor = new AdaptiveMonitor({
			clock,
			maxConcurrentChecks: 1,
			check: (node, { signal }) => {
				begun.push(node);
				signal.addEventListener('abort', () => aborted.push(node));
				return new Promise(() => {});
			},
		});
		monitor.add('one');
		monitor.add('two');
		monitor.start();
		await clock.run(30_000);
		expect(begun).toEqual(['one']);
		monitor.remove('one');
		expect([begun, aborted, monitor.statistics.checking]).toEqual([['one', 'two'], ['one'], 1]);
		monitor.add('one');
		expect(monitor.node('one')).toMatchObject({ checks: 0, state: 'waiting' });
		monitor.stop();
		expect([aborted, clock.pending]).toEqual([['one', 'two'], 0]);
	});

	it('may remove its own node, or stop the monitor, or its listeners may, one that is aborted too', async () => {
		const monitor = new AdaptiveMonitor({
			clock,
			maxConcurrentChecks: 2,
			check: (node, { signal }) => {
				if (node === 'removes itself') return void monitor.remove(node);
				signal.addEventListener('abort', () => monitor.remove(node));
				return new Promise(() => {});
			},
		});
		monitor.onEvent.on((event) => event.type === 'checked' && event.node === 'hangs too' && monitor.stop());
		for (const node of ['removes itself', 'hangs', 'hangs too']) monitor.add(node);
		monitor.start();
		await clock.run(60_000);
		expect([...monitor.nodes()]).toEqual([]);
		expect(clock.pending).toBe(0);
	});

	it('by a listener that throws is not stopped', async () => {
		const thrown: unknown[] = [];
		const listeners = process.listeners('uncaughtException');
		process.removeAllListeners('uncaughtException');
		process.on('uncaughtException', (error) => thrown.push(error));
		try {
			const monitor = new AdaptiveMonitor({ clock, check: () => true });
			monitor.onEvent.on(() => {
				throw new Error('a bug of the application');
			});
			monitor.add('node');
			monitor.start();
			await clock.run(90_000);
			expect(monitor.node('node').checks).toBe(3);
			monitor.stop();
			await new Promise((resolve) => setImmediate(resolve));
			expect(thrown.length).toBeGreaterThan(0);
		} finally {
			process.removeAllListeners('uncaughtException');
			for (const listener of listeners) process.on('uncaughtException', listener);
		}
	});

	it('waits for its interval again after start(), and nothing is checked while the monitor is stopped', async () => {
		const checked: number[] = [];
		const monitor = new AdaptiveMonitor({ clock, check: () => void checked.push(clock.now()) });
		monitor.add('node');
		await clock.run(60_000);
		monitor.start();
		await clock.run(45_000);
		monitor.stop();
		await clock.run(600_000);
		expect([checked, monitor.node('node').state]).toEqual([[90_000], 'stopped']);
		monitor.start();
		await clock.run(30_000);
		expect(checked).toEqual([90_000, 735_000]);
		monitor.stop();
	});

	it('keeps its rhythm though timers are a little late', async () => {
		const lateClock = { now: () => clock.now(), epoch: () => clock.epoch(), after: (ms: number, fn: () => void) => clock.after(ms + 3, fn) };
		const checked: number[] = [];
		const monitor = new AdaptiveMonitor({ clock: lateClock, check: () => void checked.push(clock.now()) });
		monitor.add('node');
		monitor.start();
		await clock.run(91_000);
		expect(checked).toEqual([30_003, 60_003, 90_003]);
		monitor.stop();
	});

	it('comes sooner or later when the level is set, counted from the last one', async () => {
		const checked: number[] = [];
		const monitor = new AdaptiveMonitor({ clock, check: () => void checked.push(clock.now() / 1_000) });
		monitor.add('node', 'NORMAL');
		monitor.start();
		await clock.run(80_000);
		monitor.setLevel('node', 'CRITICAL');
		await clock.run(5_200);
		expect(checked).toEqual([60, 80, 85]);
		monitor.setLevel('node', 'MINIMAL');
		await clock.run(600_000);
		expect(checked).toEqual([60, 80, 85, 685]);
		monitor.stop();
	});
});
