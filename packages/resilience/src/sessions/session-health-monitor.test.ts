import { FakeClock } from '@linkscope/core/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type SessionHealthEvent, SessionHealthMonitor, type SessionHealthMonitorOptions } from './session-health-monitor.js';
import { SessionManager } from './session-manager.js';

const SAMPLE_MS = 30_000;

function start(options: SessionHealthMonitorOptions & { sessions?: number } = {}) {
	const clock = new FakeClock();
	const manager = new SessionManager({ clock, reconnect: () => false, random: () => 0.5 });
	const monitor = new SessionHealthMonitor(manager, { clock, ...options });
	const events: SessionHealthEvent[] = [];
	monitor.onEvent.on((event) => events.push(event));
	monitor.start();
	onTestFinished(() => manager.close());
	const ids = Array.from({ length: options.sessions ?? 10 }, (_, i) => `s${i}`);
	for (const id of ids) manager.registerConnection(id, undefined, 'acme', 'browser');
	/** A sample later, with heartbeats that took so long. */
	const sample = async (latencyMs = 20) => {
		for (const id of ids) if (manager.getConnection(id)?.status === 'CONNECTED') manager.updateHeartbeat(id, clock.epoch() - latencyMs);
		await clock.run(SAMPLE_MS);
	};
	const alerts = () =>
		events.splice(0).flatMap((event) => (event.type === 'metrics.collected' ? [] : [`${event.type} ${event.alert.type} ${event.alert.severity}`]));
	return { clock, manager, monitor, events, sample, alerts };
}

test('collects the figures of the seed every 30 s', async () => {
	const { clock, monitor, events, sample } = start();
	expect(monitor.getCurrentHealthMetrics()).toBe(null);
	await sample();
	expect(events).toEqual([
		{
			type: 'metrics.collected',
			metrics: {
				at: new Date(clock.epoch()).toISOString(),
				totalConnections: 10,
				healthyConnections: 10,
				unhealthyConnections: 0,
				averageLatency: 20,
				errorRate: 0,
				reconnectRate: 0,
				systemLoad: 0,
				qualityDistribution: { EXCELLENT: 10, GOOD: 0, POOR: 0, CRITICAL: 0 },
			},
		},
	]);
	expect(monitor.getActiveAlerts()).toEqual([]);
});

test("raises an alert for each bound that is crossed, by the seed's types and severities, and resolves it", async () => {
	const { manager, alerts, sample, monitor } = start({ sessions: 4 });
	for (const id of ['s0', 's1', 's2', 's3']) manager.scheduleReconnection(id);
	await sample();
	expect(alerts()).toEqual([
		'alert.created HIGH_ERROR_RATE HIGH',
		'alert.created LOW_CONNECTION_QUALITY MEDIUM',
		'alert.created SYSTEM_OVERLOAD CRITICAL',
		'alert.created FLAPPING MEDIUM',
	]);
	for (const id of ['s0', 's1', 's2', 's3']) manager.registerConnection(id, undefined, 'acme', 'browser');
	await sample(2_000);
	await sample(2_000);
	expect(monitor.getActiveAlerts()).toMatchObject([
		{ type: 'LOW_CONNECTION_QUALITY' },
		{ type: 'HIGH_LATENCY', severity: 'HIGH', value: 2_000, threshold: 1_000 },
	]);
});

test('FLAPPING comes when more than a fifth of the sessions had to reconnect between two samples, and goes', async () => {
	const { manager, alerts, sample } = start();
	const flap = (count: number) => {
		for (let i = 0; i < count; i++) {
			manager.scheduleReconnection(`s${i}`);
			manager.updateStatus(`s${i}`, 'CONNECTED');
		}
	};
	flap(2);
	await sample();
	expect(alerts()).toEqual([]);
	flap(3);
	await sample();
	expect(alerts()).toEqual(['alert.created FLAPPING MEDIUM']);
	await sample();
	expect(alerts()).toEqual(['alert.resolved FLAPPING MEDIUM']);
	flap(3);
	await sample();
	// Within five minutes of the one before it is the same trouble.
	expect(alerts()).toEqual([]);
	for (let i = 0; i < 8; i++) await sample();
	flap(3);
	await sample();
	expect(alerts()).toEqual(['alert.created FLAPPING MEDIUM']);
});

test('an alert that lasts is raised once, and may be acknowledged', async () => {
	const { monitor, alerts, sample } = start();
	for (let i = 0; i < 20; i++) await sample(3_000);
	expect(alerts()).toEqual(['alert.created HIGH_LATENCY HIGH', 'alert.created LOW_CONNECTION_QUALITY MEDIUM']);
	const [alert] = monitor.getActiveAlerts();
	expect(monitor.acknowledgeAlert(alert!.id)).toBe(true);
	expect(monitor.getActiveAlerts()[0]?.acknowledgedAt).toMatch(/^2026/);
	expect(monitor.acknowledgeAlert(99)).toBe(false);
});

test('tells where it leads, by the last ten samples, once there are three', async () => {
	const { monitor, sample } = start();
	await sample(100);
	await sample(900);
	expect(monitor.getHealthSummary().trends).toEqual({ latency: 'STABLE', connections: 'STABLE', errors: 'STABLE' });
	for (let i = 0; i < 5; i++) await sample(3_000);
	expect(monitor.getHealthSummary().trends).toMatchObject({ latency: 'DEGRADING' });
	for (let i = 0; i < 10; i++) await sample(10);
	expect(monitor.getHealthSummary().trends).toMatchObject({ latency: 'IMPROVING' });
});

test('counts neither who said goodbye nor who is suspended as ill', async () => {
	const { manager, monitor, sample } = start({ sessions: 3 });
	manager.updateStatus('s0', 'DISCONNECTED');
	manager.updateStatus('s1', 'SUSPENDED');
	await sample();
	expect(monitor.getCurrentHealthMetrics()).toMatchObject({ totalConnections: 3, healthyConnections: 1, unhealthyConnections: 0 });
	expect(monitor.getActiveAlerts()).toEqual([]);
});

test('keeps an hour of samples and no more', async () => {
	const { monitor, sample } = start({ sessions: 1 });
	for (let i = 0; i < 130; i++) await sample();
	expect(monitor.getHealthSummary().history).toHaveLength(120);
});

test('a load callback that throws stops nothing', async () => {
	const uncaught = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation(() => {});
	const { monitor, sample } = start({
		systemLoad: () => {
			throw new Error('broken');
		},
	});
	await sample();
	await sample();
	expect(monitor.getHealthSummary().history).toMatchObject([{ systemLoad: 0 }, { systemLoad: 0 }]);
	expect(uncaught).toHaveBeenCalledTimes(2);
	uncaught.mockRestore();
});

test('stop() leaves no timer', async () => {
	const { clock, manager, monitor } = start();
	monitor.stop();
	await manager.close();
	expect(clock.pending).toBe(0);
});

test.each([{ intervalMs: 0 }, { cooldownMs: -1 }, { thresholds: { errorRate: Number.NaN } }])('%j is refused by name', (options) => {
	expect(() => start(options)).toThrow(RangeError);
});
