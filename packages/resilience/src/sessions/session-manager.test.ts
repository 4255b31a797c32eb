import { FakeClock, settle } from '@linkscope/core/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { fixed } from '../retry/backoffs.js';
import type { SessionEvent } from './session-events.js';
import { SessionManager } from './session-manager.js';
import type { SessionManagerOptions } from './session-options.js';

const MINUTE_MS = 60_000;

function start(options: SessionManagerOptions = {}) {
	const clock = new FakeClock();
	// 0.5 is the middle of every jitter.
	const manager = new SessionManager({ clock, random: () => 0.5, ...options });
	const events: SessionEvent[] = [];
	manager.onEvent.on((event) => events.push(event));
	onTestFinished(() => manager.close());
	const join = (id = 's1') => manager.registerConnection(id, 'u1', 'acme', 'browser', { page: '/home' });
	const types = () => events.splice(0).map(({ type }) => type);
	const state = (id = 's1') => manager.getConnection(id);
	/** Heartbeats of a client with a good clock. */
	const beat = (id = 's1', latencyMs = 20) => manager.updateHeartbeat(id, clock.epoch() - latencyMs);
	return { clock, manager, events, join, types, state, beat };
}

describe('registering', () => {
	test('returns the state object of seeds/003', () => {
		const { clock, join, types } = start();
		expect(join()).toEqual({
			sessionId: 's1',
			userId: 'u1',
			organizationId: 'acme',
			status: 'CONNECTED',
			clientType: 'browser',
			connectedAt: new Date(clock.epoch()),
			lastHeartbeat: new Date(clock.epoch()),
			reconnectAttempts: 0,
			maxReconnectAttempts: 5,
			connectionQuality: 'EXCELLENT',
			latency: 0,
			missedHeartbeats: 0,
			totalDisconnections: 0,
			metadata: { page: '/home' },
		});
		expect(types()).toEqual(['connection.registered']);
	});

	test('keeps the history of a session that comes back', () => {
		const { clock, manager, join, events, state } = start();
		join();
		manager.updateStatus('s1', 'DISCONNECTED', 'logout');
		clock.advance(MINUTE_MS);
		events.length = 0;
		expect(manager.registerConnection('s1', 'u1', 'acme', 'mobile')).toMatchObject({ status: 'CONNECTED', clientType: 'mobile', totalDisconnections: 1 });
		expect(events.at(-1)).toMatchObject({ type: 'connection.registered', isReturning: true });
		expect(state()).toMatchObject({ connectedAt: new Date(clock.epoch()), metadata: { page: '/home' } });
		expect(state()).not.toHaveProperty('disconnectedAt');
		expect(manager.size).toBe(1);
		expect(manager.updateHeartbeat('s1').status).toBe('CONNECTED');
	});

	test('gives copies: what a caller does to them or to its metadata changes nothing', () => {
		const { manager, state } = start();
		const metadata = { tags: ['a'] };
		const session = manager.registerConnection('s1', undefined, 'acme', 'browser', metadata);
		metadata.tags.push('b');
		(session as { status: string }).status = 'FAILED';
		session.connectedAt.setTime(0);
		expect(state()).toMatchObject({ status: 'CONNECTED', metadata: { tags: ['a'] } });
		expect(state()?.connectedAt.getTime()).toBeGreaterThan(0);
		expect(session).not.toHaveProperty('userId');
	});

	test.each([
		['sessionId', ['', 'u', 'o', 'c']],
		['sessionId', [7, 'u', 'o', 'c']],
		['sessionId', ['x'.repeat(257), 'u', 'o', 'c']],
		['userId', ['s', 'a\0b', 'o', 'c']],
		['organizationId', ['s', 'u', undefined, 'c']],
		['clientType', ['s', 'u', 'o', '\ud800']],
		['metadata', ['s', 'u', 'o', 'c', []]],
		['metadata', ['s', 'u', 'o', 'c', { big: 'x'.repeat(20_000) }]],
	])('names a bad %s', (name, args) => {
		const { manager } = start();
		expect(() => manager.registerConnection(...(args as Parameters<SessionManager['registerConnection']>))).toThrow(new RegExp(`^${name} must`));
		expect(manager.size).toBe(0);
	});

	test('refuses more sessions than maxSessions, and those it has may come back', () => {
		const { manager, join } = start({ maxSessions: 1 });
		join();
		expect(() => join('s2')).toThrow(expect.objectContaining({ code: 'SESSIONS_FULL' }));
		expect(() => join()).not.toThrow();
		manager.removeConnection('s1');
		expect(() => join('s2')).not.toThrow();
	});
});

describe('an unknown session', () => {
	test.each(['updateHeartbeat', 'scheduleReconnection', 'removeConnection'] as const)('is a typed error of %s', (method) => {
		const { manager } = start();
		expect(() => manager[method]('nobody')).toThrow(expect.objectContaining({ name: 'SessionError', code: 'SESSION_UNKNOWN' }));
	});

	test('is null where it is asked for, and an error where it should change', () => {
		const { manager } = start();
		expect(manager.getConnection('nobody')).toBe(null);
		expect(() => manager.updateStatus('nobody', 'FAILED')).toThrow(expect.objectContaining({ code: 'SESSION_UNKNOWN' }));
	});
});

describe('heartbeats', () => {
	test('measure latency with a moving average of alpha 0.1', () => {
		const { beat, join } = start();
		join();
		expect(beat('s1', 100).latency).toBe(100);
		expect(beat('s1', 200)).toMatchObject({ latency: 110, jitter: 10 });
		expect(beat('s1', 200).latency).toBeCloseTo(119);
	});

	test.each([
		[500, 'EXCELLENT', 45_000],
		[501, 'GOOD', 30_000],
		[1_000, 'GOOD', 30_000],
		[1_001, 'POOR', 22_500],
	])('that take %i ms are %s, the next one is wanted after %i ms', (latencyMs, connectionQuality, heartbeatIntervalMs) => {
		const { beat, join } = start();
		join();
		expect(beat('s1', latencyMs)).toMatchObject({ connectionQuality, heartbeatIntervalMs, status: 'CONNECTED', clockSkewMs: null });
	});

	test('change the interval only by more than 5 s', () => {
		const { beat, join } = start({ heartbeatIntervalMs: 10_000 });
		join();
		expect(beat('s1', 0).heartbeatIntervalMs).toBe(10_000);
		expect(beat('s1', 9_000).heartbeatIntervalMs).toBe(10_000);
	});

	test('that are missed lower the quality, and a session just lost is asked for sooner', () => {
		const { clock, events, join, beat, state } = start({ autoReconnect: false });
		join();
		clock.advance(31_000);
		expect(state()).toMatchObject({ missedHeartbeats: 1, connectionQuality: 'EXCELLENT' });
		clock.advance(30_000);
		expect(state()).toMatchObject({ missedHeartbeats: 2, connectionQuality: 'POOR' });
		expect(events.at(-1)).toMatchObject({ type: 'connection.quality.changed', from: 'EXCELLENT', to: 'POOR' });
		expect(beat()).toMatchObject({ connectionQuality: 'EXCELLENT', heartbeatIntervalMs: 22_500 });
		expect(state()).toMatchObject({ missedHeartbeats: 0 });
		clock.advance(22_500 * 3 + 1_000);
		expect(state()).toMatchObject({ status: 'DISCONNECTED', connectionQuality: 'CRITICAL', missedHeartbeats: 3 });
		expect(beat()).toMatchObject({ status: 'CONNECTED', heartbeatIntervalMs: 15_000 });
	});

	test('that stay away for more than 90 s disconnect, and no sooner', () => {
		const { clock, join, types, state } = start();
		join();
		clock.advance(90_999);
		expect(state()?.status).toBe('CONNECTED');
		types();
		clock.advance(1);
		expect(types()).toEqual(['connection.quality.changed', 'connection.disconnected', 'connection.status.changed', 'connection.status.changed']);
		expect(state()).toMatchObject({ status: 'RECONNECTING', reconnectAttempts: 1, totalDisconnections: 1, disconnectedAt: new Date(clock.epoch()) });
	});

	test('bring back what silence had taken, but not what had ended', () => {
		const { clock, manager, join, beat } = start();
		join();
		clock.advance(91_000);
		expect(beat().status).toBe('CONNECTED');
		manager.updateStatus('s1', 'DISCONNECTED', 'logout');
		expect(() => beat()).toThrow(expect.objectContaining({ code: 'SESSION_ENDED' }));
	});

	test('are not missed by a process that slept itself', () => {
		const { clock, join, types, state } = start();
		join();
		types();
		clock.suspend(3_600_000);
		expect(state()?.status).toBe('CONNECTED');
		clock.advance(90_999);
		expect(state()?.status).toBe('CONNECTED');
		clock.advance(1);
		expect(state()?.status).toBe('RECONNECTING');
	});

	test('are not expected of a suspended session, and one of them ends that', () => {
		const { clock, manager, join, types, beat, state } = start();
		join();
		manager.updateStatus('s1', 'SUSPENDED', 'frozen');
		types();
		clock.advance(30 * MINUTE_MS);
		expect(types()).toEqual([]);
		expect(state()).toMatchObject({ status: 'SUSPENDED', totalDisconnections: 0 });
		const { connectedAt } = state()!;
		expect(beat().status).toBe('CONNECTED');
		expect(state()?.connectedAt).toEqual(connectedAt);
		manager.updateStatus('s1', 'SUSPENDED');
		manager.updateStatus('s1', 'DISCONNECTED');
		expect(state()?.totalDisconnections).toBe(1);
	});

	test('survive a wall clock that jumps an hour', () => {
		const { clock, join, beat, state } = start();
		join();
		for (const jumpMs of [3_600_000, 0, -7_200_000, 0, 3_600_000]) {
			clock.jumpEpoch(jumpMs);
			clock.advance(30_000);
			beat();
			expect(state()).toMatchObject({ status: 'CONNECTED', connectionQuality: 'EXCELLENT' });
		}
	});
});

describe('reconnecting', () => {
	test('waits 1, 2, 4, 8, 16 s, then the session has FAILED', async () => {
		const reconnect = vi.fn(() => Promise.reject(new Error('no route')));
		const { clock, manager, join, events, state, beat } = start({ reconnect });
		join();
		await clock.run(91_000);
		events.length = 0;
		await clock.run(60_000);
		expect(events.filter(({ type }) => type === 'retry.attempt')).toMatchObject(
			[1, 2, 3, 4, 5].map((attempt) => ({ attempt, waitedMs: 1_000 * 2 ** (attempt - 1), session: { reconnectAttempts: attempt } })),
		);
		expect(events.filter(({ type }) => type === 'retry.failed')).toHaveLength(5);
		expect(events.at(-2)).toMatchObject({ type: 'retry.exhausted', attempts: 5 });
		expect(state()).toMatchObject({ status: 'FAILED', reconnectAttempts: 5 });
		expect(reconnect).toHaveBeenCalledTimes(5);
		expect(() => beat()).toThrow(expect.objectContaining({ code: 'SESSION_ENDED' }));
		expect(manager.scheduleReconnection('s1')).toEqual({ attempt: 1, delayMs: 1_000 });
	});

	test.each([
		['EXPONENTIAL', {}, [1_000, 2_000, 4_000]],
		['LINEAR', {}, [1_000, 2_000, 3_000]],
		['FIXED', { baseDelayMs: 2_500 }, [2_500, 2_500, 2_500]],
		['ADAPTIVE', {}, [1_000, 1_500, 2_250]],
		['EXPONENTIAL', { maxDelayMs: 1_500, multiplier: 3 }, [1_000, 1_500, 1_500]],
		[{ type: 'LINEAR', baseDelay: 500, maxDelay: 900, increment: 300 }, {}, [500, 800, 900]],
		[fixed({ delayMs: 700 }), {}, [700, 700, 700]],
	] as const)('follows the strategy %j %j', async (strategy, config, waits) => {
		const { clock, manager, join, events } = start({ reconnect: () => false });
		join();
		expect(manager.scheduleReconnection('s1', config, strategy)).toEqual({ attempt: 1, delayMs: waits[0] });
		await clock.run(waits[0] + waits[1] + waits[2]);
		expect(events.flatMap((event) => (event.type === 'retry.attempt' ? [event.waitedMs] : []))).toEqual(waits);
	});

	test('spreads its waits by half, and never below 100 ms', () => {
		for (const [random, delayMs] of [
			[0, 500],
			[1, 1_500],
		] as const) {
			const { manager, join } = start({ random: () => random });
			join();
			expect(manager.scheduleReconnection('s1')?.delayMs).toBe(delayMs);
			join('s2');
			expect(manager.scheduleReconnection('s2', { baseDelayMs: 10 }, 'FIXED')?.delayMs).toBe(100);
		}
	});

	test('ADAPTIVE waits longer the more sessions there are and the worse they are', () => {
		const { manager, join, beat } = start({ strategy: 'ADAPTIVE' });
		for (let i = 0; i < 501; i++) join(`s${i}`);
		expect(manager.scheduleReconnection('s0')?.delayMs).toBe(1_500);
		for (let i = 1; i < 501; i++) beat(`s${i}`, 2_000);
		expect(manager.scheduleReconnection('s1')?.delayMs).toBeCloseTo(1_000 * 1.5 * 1.5);
	});

	test('succeeds with the try that succeeds, and counts anew only after 5 stable minutes', async () => {
		let isUp = false;
		const { clock, manager, join, types, beat, state } = start({ reconnect: () => isUp });
		join();
		manager.scheduleReconnection('s1');
		types();
		await clock.run(1_000);
		expect(types()).toEqual(['retry.attempt', 'retry.failed']);
		isUp = true;
		await clock.run(2_000);
		expect(types()).toEqual(['retry.attempt', 'connection.status.changed', 'retry.success']);
		expect(state()).toMatchObject({ status: 'CONNECTED', reconnectAttempts: 2 });
		for (let i = 0; i < 9; i++) {
			await clock.run(30_000);
			beat();
		}
		expect(state()?.reconnectAttempts).toBe(2);
		await clock.run(30_000);
		expect(state()?.reconnectAttempts).toBe(0);
	});

	test('without a reconnect function waits for the client, who may answer a try', () => {
		const { clock, manager, join, types, beat, state } = start();
		join();
		manager.scheduleReconnection('s1');
		types();
		clock.advance(1_000 + 10_000);
		expect(types()).toEqual(['retry.attempt', 'retry.failed']);
		clock.advance(2_000);
		beat();
		expect(types()).toEqual(['retry.attempt', 'connection.status.changed', 'retry.success']);
		expect(state()).toMatchObject({ status: 'CONNECTED', reconnectAttempts: 2 });
	});

	test('gives up a try that hangs, and hears no more of it', async () => {
		const tries: { resolve: (answer: boolean) => void; signal: unknown }[] = [];
		const reconnect = vi.fn((_session, { signal }) => new Promise<boolean>((resolve) => tries.push({ resolve, signal })));
		const { clock, manager, events, join, state } = start({ reconnect });
		join();
		manager.scheduleReconnection('s1');
		await clock.run(11_000);
		expect(events.at(-1)).toMatchObject({ type: 'retry.failed', error: { code: 'SESSION_RECONNECT_TIMEOUT' } });
		expect(tries[0]?.signal).toMatchObject({ aborted: true });
		tries[0]?.resolve(true);
		await settle();
		expect(state()?.status).toBe('RECONNECTING');
	});

	test.each([
		['came back by itself', (manager: SessionManager) => manager.registerConnection('s1', undefined, 'acme', 'browser')],
		['ended', (manager: SessionManager) => manager.updateStatus('s1', 'DISCONNECTED')],
		['was removed', (manager: SessionManager) => manager.removeConnection('s1')],
		["is nobody's any more, as its manager was closed", (manager: SessionManager) => manager.close()],
	])('aborts the try of a session that %s', async (_, act) => {
		const signals: AbortSignal[] = [];
		const { clock, manager, join } = start({ reconnect: (_session, { signal }) => new Promise(() => signals.push(signal as AbortSignal)) });
		join();
		manager.scheduleReconnection('s1');
		await clock.run(1_000);
		expect(signals[0]?.aborted).toBe(false);
		act(manager);
		expect(signals[0]?.aborted).toBe(true);
	});

	test('runs no more tries at once than it may', async () => {
		let running = 0;
		let most = 0;
		const reconnect = async () => {
			most = Math.max(most, ++running);
			await settle(5);
			running--;
		};
		const { clock, manager, join } = start({ reconnect, maxRunningTries: 3, strategy: fixed({ delayMs: 100 }) });
		for (let i = 0; i < 20; i++) join(`s${i}`);
		for (let i = 0; i < 20; i++) manager.scheduleReconnection(`s${i}`);
		await clock.run(2_000);
		expect(most).toBe(3);
		expect(manager.health().byStatus).toMatchObject({ CONNECTED: 20 });
	});

	test('tries one that FAILED again when told to', () => {
		const { manager, join, state } = start();
		join();
		manager.updateStatus('s1', 'FAILED');
		expect(manager.scheduleReconnection('s1')).toEqual({ attempt: 1, delayMs: 1_000 });
		expect(state()?.status).toBe('RECONNECTING');
	});

	test('fails at once where no try is allowed, or the backoff gives up, throws or says nonsense', () => {
		const backoffs = [null, Number.NaN, -1].map((waitMs) => ({ next: () => waitMs }));
		const broken = {
			next() {
				throw new Error('broken');
			},
		};
		const { manager, join, state } = start();
		for (const [i, backoff] of [...backoffs, broken].entries()) {
			join(`s${i}`);
			expect(manager.scheduleReconnection(`s${i}`, {}, backoff)).toBe(null);
			expect(state(`s${i}`)?.status).toBe('FAILED');
		}
		join('last');
		expect(manager.scheduleReconnection('last', { maxAttempts: 0 })).toBe(null);
	});
});

describe('what is over', () => {
	test('is removed an hour after a session ended, whatever its state', () => {
		const { clock, manager, join, events } = start();
		for (const id of ['ended', 'failed', 'suspended', 'alive']) join(id);
		manager.updateStatus('ended', 'DISCONNECTED');
		manager.updateStatus('failed', 'FAILED');
		manager.updateStatus('suspended', 'SUSPENDED');
		for (let i = 0; i < 120; i++) {
			manager.updateHeartbeat('alive');
			clock.advance(29_999);
		}
		expect(manager.size).toBe(4);
		clock.advance(120);
		expect([...manager.connections()].map(({ sessionId }) => sessionId)).toEqual(['alive']);
		expect(events.filter(({ type }) => type === 'connection.removed')).toMatchObject([{ reason: 'stale' }, { reason: 'stale' }, { reason: 'stale' }]);
	});

	test('leaves no timer and accepts nothing after close()', async () => {
		const { clock, manager, join } = start({ reconnect: () => new Promise(() => {}) });
		join();
		join('s2');
		manager.scheduleReconnection('s2');
		await clock.run(1_500);
		expect(clock.pending).toBe(1);
		await manager.close();
		await manager.close();
		expect(clock.pending).toBe(0);
		expect(() => join('s3')).toThrow(expect.objectContaining({ code: 'SESSION_MANAGER_CLOSED' }));
	});

	test('a status that cannot follow is refused by name', () => {
		const { manager, join } = start();
		join();
		manager.updateStatus('s1', 'FAILED');
		expect(() => manager.updateStatus('s1', 'SUSPENDED')).toThrow(/"s1" is FAILED and cannot become SUSPENDED/);
		expect(() => manager.updateStatus('s1', 'ASLEEP' as never)).toThrow(expect.objectContaining({ code: 'SESSION_TRANSITION' }));
	});
});

test('ten thousand sessions wait behind one timer', () => {
	const { clock, join } = start();
	for (let i = 0; i < 10_000; i++) join(`s${i}`);
	expect(clock.pending).toBe(1);
});

test('handlers that throw stop nothing', () => {
	const thrown: unknown[] = [];
	const uncaught = (error: unknown) => thrown.push(error);
	const others = process.listeners('uncaughtException');
	process.removeAllListeners('uncaughtException').on('uncaughtException', uncaught);
	onTestFinished(() => {
		process.off('uncaughtException', uncaught);
		for (const other of others) process.on('uncaughtException', other);
	});
	const { clock, manager, join, state } = start({
		reconnect: () => {
			throw new Error('no');
		},
	});
	manager.onEvent.on(() => {
		throw new Error('a broken handler');
	});
	join();
	return clock.run(91_000 + 1_000).then(async () => {
		await vi.waitFor(() => expect(thrown.length).toBeGreaterThan(2));
		expect(state()).toMatchObject({ status: 'RECONNECTING', reconnectAttempts: 2 });
	});
});

test.each(['connection.disconnected', 'connection.quality.changed', 'connection.status.changed', 'retry.attempt', 'retry.failed', 'retry.exhausted'])(
	'a handler of %s that removes the session does no harm',
	async (type) => {
		const reconnect = vi.fn(() => false);
		const { clock, manager, join, events } = start({ reconnect, reconnectConfig: { maxAttempts: 1 } });
		manager.onEvent.on((event) => {
			// Lost altogether, not only less good.
			if (event.type === type && (type !== 'connection.quality.changed' || event.session.missedHeartbeats === 3)) manager.removeConnection('s1');
		});
		join();
		await clock.run(10 * MINUTE_MS);
		expect(events.at(-1)).toMatchObject({ type: 'connection.removed', reason: 'removed' });
		expect(reconnect).toHaveBeenCalledTimes(['retry.failed', 'retry.exhausted'].includes(type) ? 1 : 0);
		expect(manager.size).toBe(0);
		expect(manager.health().byStatus).toEqual({ CONNECTED: 0, DISCONNECTED: 0, RECONNECTING: 0, SUSPENDED: 0, FAILED: 0 });
	},
);

test.each([
	['heartbeatIntervalMs', 0],
	['maxMissedHeartbeats', 1.5],
	['maxSessions', 0],
	['tryTimeoutMs', Number.NaN],
	['staleAfterMs', -1],
	['flushIntervalMs', '1'],
] as const)('%s = %j is refused by name', (name, value) => {
	expect(() => new SessionManager({ [name]: value })).toThrow(RangeError);
	expect(() => new SessionManager({ [name]: value })).toThrow(name);
});

test('a strategy that there is not is refused by name', () => {
	expect(() => new SessionManager({ strategy: 'QUADRATIC' as never })).toThrow(/^type must be one of EXPONENTIAL/);
	expect(() => new SessionManager({ reconnectConfig: { jitterRatio: 2 } })).toThrow(/^jitterRatio must be/);
});
