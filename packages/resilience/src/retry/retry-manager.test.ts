import { FakeClock, settle } from '@linkscope/core/testing';
import { expect, test, vi } from 'vitest';
import { RetryManager, type RetryManagerOptions } from './retry-manager.js';
import type { RetryStrategy } from './retry-strategy.js';

const EXPONENTIAL: RetryStrategy = { type: 'EXPONENTIAL', baseDelay: 1_000, maxDelay: 30_000 };

function build(options: RetryManagerOptions = {}) {
	const clock = new FakeClock();
	const manager = new RetryManager({ clock, random: () => 0.5, ...options });
	const events: string[] = [];
	manager.onEvent.on((event) => events.push(`${event.type} ${event.id} at ${clock.now()}`));
	return { clock, manager, events };
}

function failing(clock: FakeClock, failures = Number.POSITIVE_INFINITY, error: unknown = new Error('down')) {
	const ran: number[] = [];
	const operation = async () => {
		ran.push(clock.now());
		if (ran.length <= failures) throw error;
		return 'done';
	};
	return { ran, operation };
}

/** When an operation that always fails is tried. */
async function times(strategy: RetryStrategy, maxAttempts: number, options: RetryManagerOptions = {}) {
	const { clock, manager } = build(options);
	const { ran, operation } = failing(clock);
	const call = manager.executeWithRetry('operation-id', operation, strategy, maxAttempts);
	call.catch(() => {});
	await clock.run(3_600_000);
	await expect(call).rejects.toThrow();
	expect(clock.pending).toBe(0);
	return ran;
}

const waits = (ran: readonly number[]) => ran.slice(1).map((at, i) => at - (ran[i] as number));

test('the example of seeds/003: executeWithRetry', async () => {
	const { clock, manager, events } = build();
	const { ran, operation } = failing(clock, 2);
	const maxAttempts = 5;
	const result = manager.executeWithRetry('operation-id', operation, { type: 'EXPONENTIAL', baseDelay: 1000, maxDelay: 30000 }, maxAttempts);
	await clock.run(10_000);
	expect(await result).toBe('done');
	expect(ran).toEqual([0, 1_000, 3_000]);
	expect(events).toEqual([
		'attempt operation-id at 0',
		'failed operation-id at 0',
		'attempt operation-id at 1000',
		'failed operation-id at 1000',
		'attempt operation-id at 3000',
		'success operation-id at 3000',
	]);
});

test('the example of seeds/003: executeWithCircuitBreaker', async () => {
	const { clock, manager } = build();
	const { ran, operation } = failing(clock, 3);
	const circuit: string[] = [];
	manager.onCircuit.on(({ type, name }) => circuit.push(`${type} ${name} at ${clock.now()}`));
	const [threshold, timeout] = [3, 60_000];
	const call = () => manager.executeWithCircuitBreaker('circuit-id', operation, threshold, timeout);
	for (let i = 0; i < 3; i++) await expect(call()).rejects.toThrow('down');
	await expect(call()).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
	expect(ran).toHaveLength(3);
	clock.advance(60_000);
	expect(await call()).toBe('done');
	manager.circuit('circuit-id')?.reset();
	expect(circuit).toEqual(['opened circuit-id at 0', 'closed circuit-id at 60000', 'reset circuit-id at 60000']);
	expect(manager.circuit('another')).toBe(undefined);
});

test('EXPONENTIAL: baseDelay * multiplier^(attempt - 1), at most maxDelay', async () => {
	expect(waits(await times(EXPONENTIAL, 8))).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
	expect(waits(await times({ ...EXPONENTIAL, multiplier: 3 }, 4))).toEqual([1_000, 3_000, 9_000]);
});

test('LINEAR: baseDelay + increment * (attempt - 1), the increment being the base where there is none', async () => {
	expect(waits(await times({ type: 'LINEAR', baseDelay: 1_000, maxDelay: 3_500 }, 6))).toEqual([1_000, 2_000, 3_000, 3_500, 3_500]);
	expect(waits(await times({ type: 'LINEAR', baseDelay: 1_000, increment: 100, maxDelay: 30_000 }, 4))).toEqual([1_000, 1_100, 1_200]);
});

test('FIXED: always baseDelay', async () => {
	expect(waits(await times({ type: 'FIXED', baseDelay: 500, maxDelay: 30_000 }, 4))).toEqual([500, 500, 500]);
});

test('ADAPTIVE: what failed in a row and what is on its way make it longer', async () => {
	// base * 1.5^(n-1) * (1 + min(3, n)/n) * (1 + 0.1 * 1)
	const alone = waits(await times({ type: 'ADAPTIVE', baseDelay: 1_000, maxDelay: 60_000 }, 5));
	for (const [i, ms] of [2_200, 3_300, 4_950, 6_496.875].entries()) expect(alone[i]).toBeCloseTo(ms);
	const adaptive: RetryStrategy = { type: 'ADAPTIVE', baseDelay: 1_000, maxDelay: 60_000 };
	const { clock, manager } = build();
	for (let i = 0; i < 5; i++) await manager.executeWithRetry('before', failing(clock).operation, adaptive, 1).catch(() => {});
	const troubled = failing(clock, 1);
	const first = manager.executeWithRetry('troubled', troubled.operation, adaptive);
	await clock.run(10_000);
	await first;
	// (1 + min(3, 6)/1) * (1 + 0.1 * 1); its success ends the row.
	expect(waits(troubled.ran)[0]).toBeCloseTo(4_400);
	for (let i = 0; i < 9; i++) manager.executeWithRetry(`hanging ${i}`, () => new Promise(() => {}), adaptive);
	const { ran, operation } = failing(clock, 1);
	const busy = manager.executeWithRetry('busy', operation, adaptive);
	await clock.run(10_000);
	await busy;
	expect(waits(ran)[0]).toBeCloseTo(4_000);
});

test('CIRCUIT_BREAKER: waits like EXPONENTIAL until the circuit of its id is open', async () => {
	const strategy: RetryStrategy = { type: 'CIRCUIT_BREAKER', baseDelay: 100, maxDelay: 1_000, circuitBreakerThreshold: 3, circuitBreakerTimeout: 5_000 };
	const { clock, manager } = build();
	const { ran, operation } = failing(clock);
	const call = manager.executeWithRetry('node', operation, strategy, 10);
	call.catch(() => {});
	await clock.run(60_000);
	await expect(call).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
	expect(ran).toEqual([0, 100, 300]);
	expect(manager.ledger.entries.map(({ rule, delayMs }) => [rule, delayMs])).toEqual([
		['CIRCUIT_BREAKER', 100],
		['CIRCUIT_BREAKER', 200],
		['CIRCUIT_BREAKER', 400],
		['CIRCUIT_OPEN', null],
	]);
	expect(manager.history('node')).toMatchObject([{ attempts: 3, outcome: 'REFUSED', error: 'CIRCUIT_OPEN' }]);
	await expect(manager.executeWithRetry('node', operation, strategy, 1)).rejects.toThrow('down');
	expect(manager.circuit('node')?.state).toBe('OPEN');
});

test('circuitBreakerThreshold guards any type, with the circuit that executeWithCircuitBreaker has under that id', async () => {
	const { clock, manager } = build();
	const { operation } = failing(clock);
	const call = manager.executeWithRetry('shared', operation, { ...EXPONENTIAL, circuitBreakerThreshold: 2 }, 5).catch((error) => error.code);
	await clock.run(10_000);
	expect(await call).toBe('CIRCUIT_OPEN');
	await expect(manager.executeWithCircuitBreaker('shared', operation)).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
});

test('jitter spreads by ± jitterRange, and never beyond maxDelay', async () => {
	const jittered: RetryStrategy = { ...EXPONENTIAL, jitter: true, jitterRange: 0.5 };
	expect(waits(await times(jittered, 3, { random: () => 0 }))).toEqual([500, 1_000]);
	expect(waits(await times(jittered, 8, { random: () => 1 }))).toEqual([1_500, 3_000, 6_000, 12_000, 24_000, 30_000, 30_000]);
	expect(waits(await times({ ...jittered, jitterRange: undefined }, 2, { random: () => 0 }))).toEqual([900]);
	expect(waits(await times({ ...jittered, jitter: false }, 2, { random: () => 0 }))).toEqual([1_000]);
});

test('without a strategy: three tries, 1 s doubling, ±10 %', async () => {
	const { clock, manager } = build({ random: () => 1 });
	const { ran, operation } = failing(clock);
	const call = manager.executeWithRetry('x', operation).catch((error) => error.message);
	await clock.run(10_000);
	expect(await call).toBe('down');
	expect(ran).toEqual([0, 1_100, 3_300]);
});

test('what answered 4401, 4402 or 4410 is not repeated', async () => {
	for (const closeCode of [4401, 4402, 4410]) {
		const { clock, manager } = build();
		const error = Object.assign(new Error('refused'), { closeCode });
		const { ran, operation } = failing(clock, 9, error);
		await expect(manager.executeWithRetry('x', operation, EXPONENTIAL)).rejects.toBe(error);
		expect(ran).toHaveLength(1);
		expect(manager.ledger.entries).toMatchObject([{ rule: 'NOT_RETRYABLE', delayMs: null }]);
	}
});

test('operations can be scheduled, and cancelled before, between and during their tries', async () => {
	const { clock, manager, events } = build();
	const { ran, operation } = failing(clock, 1);
	const later = manager.schedule('later', operation, 5_000, EXPONENTIAL);
	const never = manager.schedule('never', operation, 5_000, EXPONENTIAL);
	expect([manager.active, clock.pending]).toEqual([2, 1]);
	expect(manager.cancel('never', 'changed my mind')).toBe(1);
	await expect(never).rejects.toMatchObject({ code: 'OPERATION_ABORTED', cause: 'changed my mind' });
	await clock.run(6_000);
	await expect(later).resolves.toBe('done');
	expect(ran).toEqual([5_000, 6_000]);
	const between = manager.executeWithRetry('between', failing(clock).operation, EXPONENTIAL);
	await settle();
	manager.cancel('between');
	await expect(between).rejects.toMatchObject({ code: 'OPERATION_ABORTED' });
	const during = manager.executeWithRetry(
		'during',
		({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
		EXPONENTIAL,
	);
	manager.cancel('during', new Error('stop it'));
	await expect(during).rejects.toThrow('stop it');
	expect([manager.cancel('nobody'), manager.active, clock.pending]).toEqual([0, 0, 0]);
	expect(manager.history().map(({ id, outcome, attempts }) => `${id} ${outcome} ${attempts}`)).toEqual([
		'never ABORTED 0',
		'later SUCCESS 2',
		'between ABORTED 1',
		'during ABORTED 1',
	]);
	expect(events.filter((event) => event.startsWith('exhausted'))).toHaveLength(3);
});

test("a caller's signal cancels, and is left alone afterwards", async () => {
	const { clock, manager } = build();
	const caller = new AbortController();
	const [add, remove] = [vi.spyOn(caller.signal, 'addEventListener'), vi.spyOn(caller.signal, 'removeEventListener')];
	await manager.executeWithRetry('quick', async () => {}, EXPONENTIAL, 3, caller.signal);
	expect([add.mock.calls.length, remove.mock.calls.length]).toEqual([1, 1]);
	const call = manager.executeWithRetry('slow', failing(clock).operation, EXPONENTIAL, 3, caller.signal);
	await settle();
	caller.abort('tired');
	await expect(call).rejects.toMatchObject({ code: 'OPERATION_ABORTED', cause: 'tired' });
	await expect(manager.executeWithRetry('late', async () => {}, EXPONENTIAL, 3, caller.signal)).rejects.toMatchObject({ code: 'OPERATION_ABORTED' });
	expect([manager.active, clock.pending]).toEqual([0, 0]);
});

test('a listener that cancels what it hears of does so', async () => {
	for (const type of ['attempt', 'failed'] as const) {
		const { clock, manager } = build();
		manager.onEvent.on((event) => {
			if (event.type === type) manager.cancel(event.id);
		});
		const { ran, operation } = failing(clock);
		const call = manager.executeWithRetry('x', operation, EXPONENTIAL, 9);
		await expect(call).rejects.toThrow();
		await clock.run(60_000);
		expect([ran.length, manager.active, clock.pending]).toEqual([1, 0, 0]);
	}
});

test('stop() cancels everything, and nothing begins after it', async () => {
	const { clock, manager } = build();
	const calls = [manager.schedule('a', async () => {}, 1_000), manager.executeWithRetry('b', failing(clock).operation)];
	await settle();
	manager.stop();
	for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'OPERATION_ABORTED' });
	await expect(manager.executeWithRetry('c', async () => {})).rejects.toThrow('the RetryManager was stopped');
	expect([manager.active, clock.pending]).toEqual([0, 0]);
});

test('analytics: attempts, success rate, failure patterns, circuits', async () => {
	const { clock, manager } = build();
	expect(manager.analytics()).toMatchObject({ operations: 0, successRate: null, averageAttempts: null });
	const refused = Object.assign(new Error('no'), { code: 'AUTH_REFUSED' });
	const lost = Object.assign(new Error('gone'), { code: 'CONNECTION_LOST' });
	const calls = [
		manager.executeWithRetry('good', async () => {}),
		manager.executeWithRetry('flaky', failing(clock, 2, lost).operation, EXPONENTIAL),
		manager.executeWithRetry('dead', failing(clock, 9, lost).operation, EXPONENTIAL),
		manager.executeWithRetry('refused', failing(clock, 9, refused).operation, EXPONENTIAL),
		manager.executeWithCircuitBreaker('guarded', failing(clock).operation, 1),
	];
	const outcomes = Promise.allSettled(calls);
	await clock.run(60_000);
	await outcomes;
	expect(manager.analytics()).toEqual({
		operations: 4,
		active: 0,
		attempts: 8,
		retries: 4,
		succeeded: 2,
		exhausted: 1,
		refused: 1,
		aborted: 0,
		successRate: 0.5,
		averageAttempts: 2,
		failurePatterns: [
			{ error: 'CONNECTION_LOST', count: 5, lastAt: clock.epoch() - 57_000 },
			{ error: 'AUTH_REFUSED', count: 1, lastAt: clock.epoch() - 60_000 },
		],
		circuits: { closed: 0, open: 1, halfOpen: 0 },
	});
});

test('history, ledger, failure patterns and circuits are bounded, and so is what is under way', async () => {
	const { manager } = build({ historySize: 2, ledgerSize: 2, maxCircuits: 2, maxActive: 3 });
	for (let i = 0; i < 200; i++) {
		const error = Object.assign(new Error('no'), { code: `CODE_${i}`, closeCode: 4401 });
		await manager.executeWithRetry(`${i}`, () => Promise.reject(error)).catch(() => {});
		await manager.executeWithCircuitBreaker(`${i}`, () => Promise.reject(error), i === 0 ? 1 : 5).catch(() => {});
	}
	expect(manager.history().map(({ id }) => id)).toEqual(['198', '199']);
	expect(manager.ledger.entries).toHaveLength(2);
	const { failurePatterns, circuits } = manager.analytics();
	expect([failurePatterns.length, failurePatterns[0]]).toMatchObject([100, { error: 'OTHER', count: 101 }]);
	// An open one is not forgotten for one that knows nothing.
	expect([circuits, manager.circuit('0')?.state]).toEqual([{ closed: 1, open: 1, halfOpen: 0 }, 'OPEN']);
	for (let i = 0; i < 3; i++) void manager.executeWithRetry('same', () => new Promise(() => {}));
	await expect(manager.executeWithRetry('one more', async () => {})).rejects.toMatchObject({ code: 'BULKHEAD_FULL' });
	expect(manager.cancel('same')).toBe(3);
});

test('other figures for a circuit begin it anew, those left out are its own', async () => {
	const { manager } = build();
	const down = () => Promise.reject(new Error('down'));
	await manager.executeWithCircuitBreaker('x', down, 1, 5_000).catch(() => {});
	const circuit = manager.circuit('x');
	await expect(manager.executeWithCircuitBreaker('x', down)).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
	expect(manager.circuit('x')).toBe(circuit);
	await expect(manager.executeWithCircuitBreaker('x', down, 2)).rejects.toThrow('down');
	expect(manager.circuit('x')?.openMs).toBe(5_000);
});

test('what a strategy says counts when it is given, also where its object is used again and changed', async () => {
	const { clock, manager } = build();
	const strategy: RetryStrategy = { ...EXPONENTIAL };
	const first = failing(clock, 1);
	const call = manager.executeWithRetry('a', first.operation, strategy);
	strategy.baseDelay = 10;
	const second = failing(clock, 1);
	const other = manager.executeWithRetry('b', second.operation, strategy);
	await clock.run(5_000);
	await Promise.all([call, other]);
	expect([first.ran, second.ran]).toEqual([
		[0, 1_000],
		[0, 10],
	]);
});

test('arguments and options out of their bounds are named, those of a strategy too', async () => {
	const { manager } = build();
	await expect(manager.executeWithRetry('x', async () => {}, { ...EXPONENTIAL, baseDelay: -1 })).rejects.toThrow('baseDelay');
	await expect(manager.executeWithRetry('x', async () => {}, EXPONENTIAL, 0)).rejects.toThrow('maxAttempts');
	await expect(manager.executeWithRetry(7 as never, async () => {})).rejects.toThrow('id must be a string');
	await expect(manager.executeWithRetry('x', {} as never)).rejects.toThrow('operation must be a function');
	await expect(manager.executeWithRetry('x', async () => {}, EXPONENTIAL, 1, {} as never)).rejects.toThrow('signal');
	await expect(manager.schedule('x', async () => {}, -1)).rejects.toThrow('delayMs');
	await expect(manager.executeWithCircuitBreaker('x', async () => {}, 0)).rejects.toThrow('threshold');
	await expect(manager.executeWithCircuitBreaker('x', async () => {}, 1, -1)).rejects.toThrow('timeout');
	for (const name of ['maxActive', 'historySize', 'ledgerSize', 'maxCircuits']) expect(() => new RetryManager({ [name]: -1 })).toThrow(name);
});

test('a hundred thousand that wait share one timer, and each is tried when it is due, to the millisecond', async () => {
	const { clock, manager } = build({ maxActive: 100_000 });
	const late: number[] = [];
	for (let i = 0; i < 100_000; i++) {
		const dueMs = (i * 7_919) % 60_000;
		void manager.schedule('node', async () => late.push(clock.now() - dueMs), dueMs).catch(() => {});
	}
	expect(clock.pending).toBe(1);
	clock.advance(60_000);
	await settle();
	expect(late).toHaveLength(100_000);
	expect(Math.max(...late.slice(0, 1_000), ...late.slice(-1_000))).toBeLessThanOrEqual(1);
	expect([manager.active, clock.pending]).toEqual([0, 0]);
});
