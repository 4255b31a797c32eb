import { expect, test } from 'vitest';
import { ConnectionManager, type ConnectionManagerOptions } from './connection-manager.js';
import { LinkWorld } from './fixtures/link-world.js';
import type { LinkEvent } from './link-event.js';

function managed(options: ConnectionManagerOptions = {}) {
	const world = new LinkWorld();
	const manager = new ConnectionManager(world.dial, { clock: world.clock, ...options });
	const events: LinkEvent[] = [];
	manager.onEvent.on((event) => events.push(event));
	manager.startMonitoring();
	return { world, manager, events };
}

/** So that 3 s without data are no matter. */
const patient = { lossAfterMs: 0 };

const typesOf = (events: LinkEvent[]) => events.map(({ type }) => type.replace('EVENT_', ''));

test('10 tries, 100 ms doubling to 10 s with ±10 %, each after 0.5 s to settle, then FAILED', async () => {
	const { world, manager, events } = managed(patient);
	await world.run(0);
	world.server = 'down';
	world.cut();
	await world.run(120_000);
	const starts = events.filter(({ type }) => type === 'EVENT_RECONNECT_START').map(({ context }) => context);
	expect(starts.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
	const middles = [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000];
	starts.forEach(({ delayMs }, i) => {
		const middle = middles[i] as number;
		expect(delayMs).toBeGreaterThanOrEqual(500 + middle * 0.9);
		expect(delayMs).toBeLessThanOrEqual(500 + middle * 1.1);
	});
	expect(new Set(starts.map(({ delayMs }, i) => ((delayMs as number) - 500) / (middles[i] as number))).size).toBe(10);
	expect(world.dialledAtMs).toHaveLength(11);
	expect(typesOf(events).slice(-3)).toEqual(['RECONNECT_FAILED', 'MAX_RETRIES_EXCEEDED', 'STATE_CHANGE']);
	expect(manager.getConnectionStatus()).toMatchObject({ state: 'FAILED', isConnected: false, retries: 10, lastError: { code: 'LINK_GAVE_UP' } });
	expect(world.clock.pending).toBe(0);
});

test('every event tells its type, time, state, reconnect count and context', async () => {
	const { world, manager, events } = managed({ ...patient, backoff: { next: () => 100 } });
	await world.run(0);
	world.cut();
	await world.run(20_000);
	const epoch = world.clock.epoch() - world.clock.now();
	expect(events).toEqual([
		{ type: 'EVENT_STATE_CHANGE', time: epoch, state: 'CONNECTING', reconnectCount: 0, context: { from: 'DISCONNECTED', to: 'CONNECTING' } },
		{ type: 'EVENT_STATE_CHANGE', time: epoch, state: 'CONNECTED', reconnectCount: 0, context: { from: 'CONNECTING', to: 'CONNECTED' } },
		{ type: 'EVENT_STATE_CHANGE', time: epoch, state: 'RECONNECTING', reconnectCount: 0, context: { from: 'CONNECTED', to: 'RECONNECTING' } },
		{
			type: 'EVENT_RECONNECT_START',
			time: epoch,
			state: 'RECONNECTING',
			reconnectCount: 1,
			context: { attempt: 1, delayMs: 600, fastPath: false, code: 'CONNECTION_LOST' },
		},
		{ type: 'EVENT_STATE_CHANGE', time: epoch + 600, state: 'CONNECTED', reconnectCount: 1, context: { from: 'RECONNECTING', to: 'CONNECTED' } },
		{ type: 'EVENT_RECONNECT_OK', time: epoch + 600, state: 'CONNECTED', reconnectCount: 1, context: { attempt: 1, downMs: 600, replaced: false } },
		{ type: 'EVENT_CONNECTION_STABLE', time: epoch + 10_600, state: 'CONNECTED', reconnectCount: 0, context: { stableAfterMs: 10_000 } },
	]);
	await manager.stopMonitoring();
	expect(world.clock.pending).toBe(0);
});

test('a marked TX drop skips the backoff: TX_DROPPED, then a dial after 0.1 s with 0.5 s to succeed', async () => {
	const { world, manager, events } = managed(patient);
	await world.run(10_500);
	world.server = 'blackhole';
	events.length = 0;
	manager.markTxDrop();
	await world.run(600);
	expect(typesOf(events)).toEqual([
		'TX_DROP_DETECTED',
		'STATE_CHANGE',
		'STATE_CHANGE',
		'RECONNECT_START',
		'FAST_PATH_ACTIVE',
		'RECONNECT_FAILED',
		'RECONNECT_START',
	]);
	expect(events.map(({ state }) => state).slice(0, 3)).toEqual(['CONNECTED', 'TX_DROPPED', 'RECONNECTING']);
	expect(events[3]?.context).toMatchObject({ delayMs: 100, fastPath: true, attempt: 1 });
	// The fast path was one of the ten tries; from here on it waits.
	expect(events.at(-1)?.context).toMatchObject({ fastPath: false, attempt: 2 });
	expect(world.dialledAtMs).toEqual([0, 10_600]);
	await manager.stopMonitoring();
});

test('a connection lost within 0.5 s of a send was cut off in the middle of it; later it was not', async () => {
	for (const [waitMs, expected] of [
		[499, true],
		[500, false],
	] as const) {
		const { world, manager, events } = managed(patient);
		await world.run(0);
		manager.link.send('a frame');
		await world.run(waitMs);
		world.cut();
		await world.run(0);
		expect(typesOf(events).includes('TX_DROP_DETECTED')).toBe(expected);
		await manager.stopMonitoring();
	}
});

test('3 s without data is a loss, seen at the next tick of 0.5 s', async () => {
	const { world, manager } = managed();
	await world.run(2_000);
	manager.updateLastDataTime();
	await world.run(2_999);
	expect(manager.getConnectionStatus()).toMatchObject({ state: 'CONNECTED', silentMs: 2_999 });
	await world.run(1);
	expect(manager.getConnectionStatus()).toMatchObject({ state: 'RECONNECTING', lastError: { code: 'LINK_SILENT' } });
	await manager.stopMonitoring();
	expect(world.clock.pending).toBe(0);
});

test('safeReconnect() dials by hand, once, however often it is called', async () => {
	const { world, manager } = managed(patient);
	await world.run(0);
	const all = [manager.safeReconnect({ fastPath: true }), manager.safeReconnect({ fastPath: true }), manager.safeReconnect()];
	await world.run(100);
	expect(await Promise.all(all)).toEqual([true, true, true]);
	expect(world.dialledAtMs).toEqual([0, 100]);
	expect(world.live).toHaveLength(1);
	await manager.stopMonitoring();
	expect(await manager.safeReconnect()).toBe(false);
});

test('power that is gone while connected takes the fast path, once', async () => {
	const readings = [5, 0, 0, 0, 0, 0];
	const { world, manager, events } = managed({ ...patient, power: { read: () => readings.shift() ?? 0 } });
	manager.startPowerPolling();
	await world.run(2_500);
	expect(events.at(-1)).toMatchObject({ type: 'EVENT_POWER_WARNING', state: 'CONNECTED', context: { powerWatts: 0, consecutive: 1 } });
	await world.run(10_000);
	expect(typesOf(events).filter((type) => type.startsWith('POWER'))).toEqual(['POWER_WARNING', 'POWER_CRITICAL']);
	expect(typesOf(events).filter((type) => type === 'FAST_PATH_ACTIVE')).toHaveLength(1);
	expect(manager.getConnectionStatus()).toMatchObject({ state: 'CONNECTED', reconnects: 1, power: { watts: 0, level: 'critical' } });
	await manager.stopMonitoring();
	expect(world.clock.pending).toBe(0);
});

test('power that is gone while there is no connection changes nothing', async () => {
	const { world, manager, events } = managed(patient);
	await world.run(0);
	world.server = 'down';
	world.cut();
	await world.run(10);
	for (let i = 0; i < 3; i++) manager.powerMonitor.updatePower(0);
	expect(typesOf(events).slice(-2)).toEqual(['POWER_WARNING', 'POWER_CRITICAL']);
	expect(world.dialledAtMs).toHaveLength(1);
	await manager.stopMonitoring();
});

test('stopMonitoring() while it waits means no later dial', async () => {
	const { world, manager } = managed(patient);
	await world.run(0);
	world.server = 'down';
	world.cut();
	await world.run(700);
	const dials = world.dialledAtMs.length;
	await manager.stopMonitoring();
	await world.run(600_000);
	expect(world.dialledAtMs).toHaveLength(dials);
	expect(manager.getConnectionStatus().state).toBe('STOPPED');
});
