import { FakeClock } from '@linkscope/core/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { AdaptiveMonitor, type AdaptiveMonitorOptions } from './adaptive-monitor.js';
import type { CheckResult } from './check-scheduler.js';
import type { MonitorEvent } from './monitor-events.js';

let clock: FakeClock;
let events: MonitorEvent[];

beforeEach(() => {
	clock = new FakeClock();
	events = [];
});

function monitorOf(check: AdaptiveMonitorOptions['check'], options: Partial<AdaptiveMonitorOptions> = {}): AdaptiveMonitor {
	const monitor = new AdaptiveMonitor({ clock, check, ...options });
	monitor.onEvent.on((event) => events.push(event));
	return monitor;
}

/** A monitor of one node whose checks come out as told, one after the other; the last goes for all that follow. */
function watching(results: readonly CheckResult[], level: Parameters<AdaptiveMonitor['add']>[1] = 'NORMAL'): AdaptiveMonitor {
	let checks = 0;
	const monitor = monitorOf(() => results[Math.min(checks++, results.length - 1)]);
	monitor.add('XYZ789', level);
	monitor.start();
	return monitor;
}

/** Second and new level of each change. */
function changes(): string[] {
	return timed.map(({ second, level }) => `${second} ${level}`);
}

let timed: { second: number; level: string }[];

function keepChanges(monitor: AdaptiveMonitor): void {
	timed = [];
	monitor.onEvent.on((event) => {
		if (event.type === 'level') timed.push({ second: clock.now() / 1_000, level: event.level });
	});
}

describe('the levels of seeds/000', () => {
	it('are HIGH for the first 10 nodes, NORMAL for the next 40, LOW for the rest', () => {
		const monitor = monitorOf(() => true);
		for (let i = 0; i < 100; i++) monitor.add(`node-${i}`);
		expect(monitor.statistics.byLevel).toEqual({ CRITICAL: 0, HIGH: 10, NORMAL: 40, LOW: 50, MINIMAL: 0 });
		expect([9, 10, 49, 50].map((i) => monitor.node(`node-${i}`).level)).toEqual(['HIGH', 'NORMAL', 'NORMAL', 'LOW']);
	});

	it.each([
		['CRITICAL', 5],
		['HIGH', 30],
		['NORMAL', 60],
		['LOW', 300],
		['MINIMAL', 600],
	] as const)('%s is checked every %i s', (level, everySeconds) => {
		const checked: number[] = [];
		const monitor = monitorOf(() => void checked.push(clock.now() / 1_000));
		monitor.add('node', level);
		monitor.start();
		clock.advance(everySeconds * 2_000);
		expect(checked).toEqual([everySeconds, everySeconds * 2]);
	});

	it('change as in the escalation example', () => {
		const monitor = watching([true, false, false, true]);
		keepChanges(monitor);
		clock.advance(375_000);
		expect(changes()).toEqual(['120 HIGH', '150 CRITICAL', '165 HIGH', '375 NORMAL']);
		const checked = events.filter(({ type }) => type === 'checked').length;
		// 60, 120, 150, 155, 160, 165, then every 30 s.
		expect(checked).toBe(6 + 7);
	});

	it('go on down from NORMAL after 20 successes in a row, from LOW after 50', () => {
		const monitor = watching([true], 'HIGH');
		keepChanges(monitor);
		clock.advance(24 * 3_600_000);
		// 10 every 30 s, 10 every 60 s, 30 every 300 s.
		expect(changes()).toEqual(['300 NORMAL', '900 LOW', '9900 MINIMAL']);
		expect(monitor.node('XYZ789').level).toBe('MINIMAL');
	});

	it('a failure lifts a node of any lower level to HIGH, another one within 20 successes to CRITICAL', () => {
		const monitor = watching([false, ...Array(19).fill(true), false, true], 'MINIMAL');
		keepChanges(monitor);
		clock.advance(3_600_000);
		expect(changes().slice(0, 3)).toEqual(['600 HIGH', '900 NORMAL', '1500 CRITICAL']);
	});

	it('twenty successes in a row make a failure good: the next one is a first one again', () => {
		const monitor = watching([false, ...Array(20).fill(true), false, true]);
		keepChanges(monitor);
		clock.advance(60_000 + 10 * 30_000 + 9 * 60_000);
		expect(monitor.node('XYZ789').errors).toBe(1);
		clock.advance(60_000);
		expect(monitor.node('XYZ789')).toMatchObject({ errors: 0, level: 'LOW' });
		clock.advance(300_000);
		expect(monitor.node('XYZ789')).toMatchObject({ errors: 1, level: 'HIGH' });
	});
});

describe('a node of which nothing is heard', () => {
	it('for more than 300 s is checked at HIGH though its connection stands, until it is heard of', () => {
		const monitor = watching(['unheard']);
		keepChanges(monitor);
		clock.advance(300_000);
		expect(changes()).toEqual([]);
		clock.advance(900_000);
		expect(changes()).toEqual(['360 HIGH']);
		expect(events.find(({ type }) => type === 'level')).toMatchObject({ reason: 'idle' });
		monitor.heard('XYZ789');
		clock.advance(30_000);
		expect(monitor.node('XYZ789').level).toBe('NORMAL');
	});

	it('stays at CRITICAL where it is in trouble', () => {
		const monitor = watching([...Array(100).fill(false), 'unheard', 'unheard']);
		clock.advance(60_000 + 30_000 + 98 * 5_000 + 5_000);
		expect(monitor.node('XYZ789').level).toBe('CRITICAL');
	});

	it('is no matter when the application hears of it', () => {
		const monitor = watching(['unheard']);
		for (let minute = 0; minute < 15; minute++) {
			clock.advance(60_000);
			monitor.heard('XYZ789');
		}
		expect(events.some((event) => event.type === 'level' && event.reason === 'idle')).toBe(false);
	});
});

describe('the review of every 60 s', () => {
	/** Nodes that fail so often, then are well: none is CRITICAL any more when the review comes. */
	function recovering(count: number, times = 11): AdaptiveMonitor {
		const failures = new Map<string, number>();
		const monitor = monitorOf(
			(node) => {
				const failed = failures.get(node) ?? 0;
				failures.set(node, failed + 1);
				return failed >= times;
			},
			{ intervalsMs: { CRITICAL: 1_000 } },
		);
		for (let i = 0; i < count; i++) monitor.add(`node-${i}`, 'HIGH');
		monitor.start();
		return monitor;
	}

	it('makes a node with more than 10 errors CRITICAL again, and tells how the fleet is', () => {
		const monitor = recovering(1);
		// Fails at 30, 60 to 69; well at 70, 71, 72: HIGH. The review at 120 looks at its 11 errors.
		clock.advance(119_900);
		expect(monitor.node('node-0')).toMatchObject({ level: 'HIGH', errors: 11 });
		clock.advance(100);
		expect(monitor.node('node-0').level).toBe('CRITICAL');
		const reviews = events.filter((event) => event.type === 'review');
		expect(reviews).toHaveLength(2);
		expect(reviews[1]).toMatchObject({ statistics: { nodes: 1, erring: 1, failures: 11, byLevel: { CRITICAL: 1 } } });
	});

	it('leaves a node with 10 errors, and one that was removed, as they are', () => {
		const monitor = recovering(1, 10);
		clock.advance(120_000);
		expect(monitor.node('node-0')).toMatchObject({ level: 'HIGH', errors: 10 });
		const other = recovering(1);
		clock.advance(100_000);
		other.remove('node-0');
		clock.advance(20_000);
		expect(other.statistics).toMatchObject({ erring: 0, nodes: 0, byLevel: { CRITICAL: 0, HIGH: 0 } });
		expect(events.some((event) => event.type === 'level' && event.reason === 'review')).toBe(false);
	});

	it.each([
		[10, 10],
		[11, 1],
	])('tells of %i raised nodes in %i events', (nodes, told) => {
		recovering(nodes);
		clock.advance(120_000);
		const raised = events.filter((event) => event.type === 'level' && event.reason === 'review');
		expect(raised).toHaveLength(told);
		expect(raised.flatMap((event) => (event.type === 'level' ? event.nodes : []))).toHaveLength(nodes);
	});

	it('lets go of a node once enough of its errors are made good', () => {
		const monitor = recovering(1);
		clock.advance(3_600_000);
		expect(monitor.node('node-0').errors).toBeLessThan(11);
		expect(['LOW', 'MINIMAL']).toContain(monitor.node('node-0').level);
		clock.advance(2 * 24 * 3_600_000);
		expect(monitor.node('node-0')).toMatchObject({ errors: 0, failures: 11 });
	});

	it('does not hold a day of failures against a node for longer than an hour', () => {
		let isDown = true;
		const monitor = monitorOf(() => !isDown);
		monitor.add('node');
		monitor.start();
		clock.advance(24 * 3_600_000);
		isDown = false;
		expect(monitor.node('node')).toMatchObject({ level: 'CRITICAL', errors: 20, failures: 17_270 });
		clock.advance(3_600_000);
		expect(monitor.node('node').level).toBe('NORMAL');
	});
});

describe('options and ids', () => {
	it.each([
		[{ maxConcurrentChecks: 0 }, 'maxConcurrentChecks'],
		[{ checkTimeoutMs: Number.NaN }, 'checkTimeoutMs'],
		[{ idleAfterMs: 0 }, 'idleAfterMs'],
		[{ reviewEveryMs: 99 }, 'reviewEveryMs'],
		[{ intervalsMs: { LOW: 1 } }, 'intervalsMs.LOW'],
	] as const)('%o is named', (options, name) => {
		expect(() => monitorOf(() => true, options)).toThrow(RangeError);
		expect(() => monitorOf(() => true, options)).toThrow(name);
	});

	it('a check that is no function, a node that is no string, a level that there is not', () => {
		expect(() => monitorOf(7 as never)).toThrow(TypeError);
		const monitor = monitorOf(() => true);
		expect(() => monitor.add(7 as never)).toThrow(TypeError);
		expect(() => monitor.add('node', 'URGENT' as never)).toThrow(RangeError);
		expect([...monitor.nodes()]).toEqual([]);
	});

	it('a node that is not there is NODE_UNKNOWN', () => {
		const monitor = monitorOf(() => true);
		expect(() => monitor.node('ghost')).toThrow(expect.objectContaining({ code: 'NODE_UNKNOWN' }));
		expect(() => monitor.setLevel('ghost', 'HIGH')).toThrow(expect.objectContaining({ code: 'NODE_UNKNOWN' }));
		expect(monitor.remove('ghost')).toBe(false);
		expect(() => monitor.heard('ghost')).not.toThrow();
	});
});
