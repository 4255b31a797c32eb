import { FakeClock } from '@linkscope/core/testing';
import { expect, test } from 'vitest';
import { PowerMonitor } from './power-monitor.js';
import { type SignalChange, SignalMonitor } from './signal-monitor.js';

test('a first reading without power is a warning, the third critical, and each is said once', () => {
	const monitor = new PowerMonitor();
	expect([5, 0, 0.05, 0.09, 0, 0.1, 0].map((watts) => monitor.updatePower(watts))).toEqual([
		null,
		'EVENT_POWER_WARNING',
		null,
		'EVENT_POWER_CRITICAL',
		null,
		null,
		'EVENT_POWER_WARNING',
	]);
});

test('ten readings are kept', () => {
	const monitor = new PowerMonitor();
	for (let i = 0; i < 25; i++) monitor.updatePower(i);
	expect(monitor.signal.history.map(({ value }) => value)).toEqual([15, 16, 17, 18, 19, 20, 21, 22, 23, 24]);
});

test('polls every second until it is stopped', async () => {
	const clock = new FakeClock();
	let reads = 0;
	const monitor = new PowerMonitor({ clock, read: async () => reads++ && 0 });
	monitor.start();
	monitor.start();
	await clock.run(3_500);
	expect(reads).toBe(3);
	expect(monitor.signal.level).toBe('critical');
	monitor.stop();
	await clock.run(10_000);
	expect(reads).toBe(3);
	expect(clock.pending).toBe(0);
});

test('a reading that throws, hangs or is no number is told and never stops the polling', async () => {
	const clock = new FakeClock();
	const answers = [
		() => {
			throw new Error('no sensor');
		},
		() => Promise.reject(new Error('busy')),
		() => Number.NaN,
		() => new Promise<number>(() => {}),
	];
	let reads = 0;
	const monitor = new PowerMonitor({ clock, read: () => (answers[reads++] as () => number | Promise<number>)() });
	const errors: string[] = [];
	monitor.onError.on(({ message }) => errors.push(message));
	monitor.start();
	await clock.run(6_000);
	expect(errors).toEqual([
		'no sensor',
		'busy',
		'a reading must be a finite number, got NaN',
		'a reading took longer than 1000 ms',
		'a reading took longer than 1000 ms',
	]);
	expect(reads).toBe(4);
	monitor.stop();
});

test('any reading can be watched, on either side of a threshold', () => {
	const temperature = new SignalMonitor({ threshold: 80, badWhen: 'above', warningAfter: 2, criticalAfter: 4 });
	const changes: SignalChange[] = [];
	temperature.onLevel.on((change) => changes.push(change));
	for (const degrees of [80, 81, 82, 83, 84, 85, 79]) temperature.update(degrees);
	expect(changes.map(({ level, consecutive, value }) => [level, consecutive, value])).toEqual([
		['warning', 2, 82],
		['critical', 4, 84],
		['ok', 0, 79],
	]);
});

test('a forecast follows the readings in a straight line', () => {
	const clock = new FakeClock();
	const battery = new SignalMonitor({ threshold: 20, clock });
	expect(battery.forecast(1_000)).toBe(null);
	for (const percent of [100, 90, 80]) {
		clock.advance(1_000);
		battery.update(percent);
	}
	expect(battery.forecast(0)).toBeCloseTo(80);
	expect(battery.forecast(6_000)).toBeCloseTo(20);
});

test.each([
	[{ threshold: Number.NaN }, 'threshold'],
	[{ threshold: 1, badWhen: 'over' }, 'badWhen'],
	[{ threshold: 1, warningAfter: 4, criticalAfter: 3 }, 'criticalAfter'],
	[{ threshold: 1, pollIntervalMs: 0 }, 'pollIntervalMs'],
	[{ threshold: 1, historySize: 0 }, 'historySize'],
])('%o is named', (options, name) => {
	expect(() => new SignalMonitor(options as never)).toThrow(RangeError);
	expect(() => new SignalMonitor(options as never)).toThrow(name);
});

test('polling without anything to read is named', () => {
	expect(() => new PowerMonitor().start()).toThrow('read must be given');
});
