import type { Backoff } from '@linkscope/core';
import { FakeClock, settle } from '@linkscope/core/testing';
import * as cockatiel from 'cockatiel';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { exponential, fixed } from './backoffs.js';
import { type RetryOptions, retry } from './retry.js';
import { RetryLedger } from './retry-ledger.js';

function build(options: RetryOptions = {}) {
	const clock = new FakeClock();
	const ledger = new RetryLedger();
	return { clock, ledger, policy: retry({ backoff: exponential(), ledger, clock, ...options }) };
}

/** Fails so many times, then succeeds; notes when it ran. */
function flaky(clock: FakeClock, failures: number, error: unknown = new Error('down')) {
	const ran: number[] = [];
	const task = async ({ number }: { number: number }) => {
		ran.push(clock.now());
		if (number <= failures) throw error;
		return `try ${number}`;
	};
	return { ran, task };
}

afterEach(() => {
	vi.useRealTimers();
});

test('repeats what fails after the waits of its backoff, and writes every one down', async () => {
	const { clock, ledger, policy } = build();
	const { ran, task } = flaky(clock, 2);
	const call = policy.execute(task);
	await clock.run(10_000);
	await expect(call).resolves.toBe('try 3');
	expect(ran).toEqual([0, 1_000, 3_000]);
	const epoch = clock.epoch() - clock.now();
	expect(ledger.entries).toEqual([
		{ id: 'retry', at: epoch, attempt: 1, rule: 'BACKOFF', delayMs: 1_000, error: 'Error' },
		{ id: 'retry', at: epoch + 1_000, attempt: 2, rule: 'BACKOFF', delayMs: 2_000, error: 'Error' },
	]);
	expect(clock.pending).toBe(0);
});

test('by default: three tries, 1 s doubling, ±10 %', async () => {
	const clock = new FakeClock();
	const { ran, task } = flaky(clock, 9);
	const call = retry({ clock }).execute(task);
	call.catch(() => {});
	await clock.run(60_000);
	await expect(call).rejects.toThrow('down');
	expect(ran).toHaveLength(3);
	expect(ran[1]).toBeGreaterThanOrEqual(900);
	expect(ran[1]).toBeLessThanOrEqual(1_100);
});

test.each([
	['tries used up', 'MAX_ATTEMPTS', { maxAttempts: 1 }, new Error('down')],
	['a backoff that ends', 'BACKOFF_ENDED', { backoff: { next: () => null } }, new Error('down')],
	['what cannot succeed', 'NOT_RETRYABLE', {}, Object.assign(new Error('down'), { code: 'AUTH_REFUSED' })],
	['what the application says', 'NOT_RETRYABLE', { isRetryable: () => false }, new Error('down')],
	['an open circuit', 'CIRCUIT_OPEN', {}, Object.assign(new Error('down'), { code: 'CIRCUIT_OPEN' })],
] as const)('%s: it rejects with what the try threw, and the ledger has the rule %s', async (_, rule, options, error) => {
	const { clock, ledger, policy } = build(options as RetryOptions);
	const { ran, task } = flaky(clock, 9, error);
	await expect(policy.execute(task)).rejects.toBe(error);
	expect(ran).toHaveLength(1);
	expect(ledger.entries).toMatchObject([{ attempt: 1, rule, delayMs: null }]);
	expect(clock.pending).toBe(0);
});

test('may go on for ever', async () => {
	const { clock, policy } = build({ maxAttempts: Number.POSITIVE_INFINITY, backoff: fixed({ delayMs: 10 }) });
	const { task } = flaky(clock, 499);
	const call = policy.execute(task);
	await clock.run(5_000);
	await expect(call).resolves.toBe('try 500');
});

test('a caller who leaves during the wait is told at once; the ledger has it', async () => {
	const { clock, ledger, policy } = build();
	const caller = new AbortController();
	const remove = vi.spyOn(caller.signal, 'removeEventListener');
	const { ran, task } = flaky(clock, 1);
	const call = policy.execute(task, caller.signal);
	await clock.run(500);
	caller.abort('tired');
	await expect(call).rejects.toMatchObject({ code: 'OPERATION_ABORTED', cause: 'tired' });
	await clock.run(10_000);
	expect(ran).toEqual([0]);
	expect(ledger.entries.map(({ attempt, rule, delayMs }) => [attempt, rule, delayMs])).toEqual([
		[1, 'BACKOFF', 1_000],
		[1, 'ABORTED', null],
	]);
	const second = new AbortController();
	const removed = vi.spyOn(second.signal, 'removeEventListener');
	const waited = policy.execute(flaky(clock, 1).task, second.signal);
	await clock.run(10_000);
	await waited;
	expect(removed).toHaveBeenCalledTimes(1);
	expect(remove).not.toHaveBeenCalled();
	expect(clock.pending).toBe(0);
});

test('a caller who leaves during a try: what succeeds all the same counts, what fails is not repeated', async () => {
	for (const succeeds of [true, false]) {
		const { clock, ledger, policy } = build();
		const caller = new AbortController();
		const call = policy.execute(async () => {
			caller.abort();
			await settle();
			if (!succeeds) throw new Error('its own');
			return 'done';
		}, caller.signal);
		await (succeeds ? expect(call).resolves.toBe('done') : expect(call).rejects.toThrow('its own'));
		expect(ledger.entries.map(({ rule }) => rule)).toEqual(succeeds ? [] : ['ABORTED']);
		expect(clock.pending).toBe(0);
	}
});

test.each([
	['NaN', { next: () => Number.NaN }, 'backoff.next must return milliseconds'],
	['a negative wait', { next: () => -1 }, 'backoff.next must return milliseconds'],
	['nothing', { next: () => undefined } as unknown as Backoff, 'backoff.next must return milliseconds'],
	[
		'an error',
		{
			next() {
				throw new Error('mine');
			},
		},
		'mine',
	],
])('a backoff that gives %s ends it with a clear error and no timer', async (_, backoff, message) => {
	const { clock, policy } = build({ backoff });
	await expect(policy.execute(() => Promise.reject(new Error('down')))).rejects.toThrow(message);
	expect(clock.pending).toBe(0);
});

test('an isRetryable that throws ends it with that error', async () => {
	const isRetryable = () => {
		throw new Error('mine');
	};
	const { policy } = build({ isRetryable });
	await expect(policy.execute(() => Promise.reject(new Error('down')))).rejects.toThrow('mine');
});

test('a caller who leaves while it is decided does not wait first', async () => {
	const caller = new AbortController();
	const isRetryable = () => {
		caller.abort('just now');
		return true;
	};
	const { clock, policy } = build({ isRetryable });
	await expect(policy.execute(() => Promise.reject(new Error('down')), caller.signal)).rejects.toMatchObject({ code: 'OPERATION_ABORTED', cause: 'just now' });
	expect(clock.pending).toBe(0);
});

test('a task may throw at once, or return no promise', async () => {
	const { clock, policy } = build();
	const call = policy.execute(({ number }) => {
		if (number === 1) throw new Error('at once');
		return number;
	});
	await clock.run(1_000);
	await expect(call).resolves.toBe(2);
});

test('the ledger keeps the last so many entries, counts the others, and keeps no text of errors', async () => {
	const ledger = new RetryLedger(3);
	const { clock, policy } = build({ ledger, name: 'dial', maxAttempts: 10, backoff: fixed({ delayMs: 1 }) });
	const long = Object.assign(new Error('a secret'), { code: 'X'.repeat(1_000) });
	const call = policy.execute(flaky(clock, 9, long).task);
	await clock.run(100);
	await call;
	expect(ledger.entries.map(({ attempt }) => attempt)).toEqual([7, 8, 9]);
	expect(ledger.dropped).toBe(6);
	expect(ledger.entries[0]).toMatchObject({ id: 'dial', error: 'X'.repeat(64) });
	expect(JSON.stringify(ledger.entries)).not.toContain('secret');
	expect(() => new RetryLedger(-1)).toThrow('ledgerSize');
});

test.each([
	['maxAttempts', { maxAttempts: 0 }],
	['maxAttempts', { maxAttempts: 1.5 }],
	['backoff', { backoff: {} as Backoff }],
])('%s out of its bounds is named', (name, options) => {
	expect(() => retry(options)).toThrow(name);
});

test('tries when cockatiel tries, and gives up when it does', async () => {
	vi.useFakeTimers();
	const schedule = fc.array(fc.boolean(), { maxLength: 8 });
	await fc.assert(
		fc.asyncProperty(schedule, fc.integer({ min: 1, max: 6 }), async (failures, maxAttempts) => {
			const play = async (execute: (task: () => Promise<string>) => Promise<string>, now: () => number, run: (ms: number) => Promise<unknown>) => {
				const began = now();
				const ran: number[] = [];
				const call = execute(async () => {
					const fails = failures[ran.length] ?? false;
					ran.push(now() - began);
					if (fails) throw new Error('down');
					return 'up';
				}).catch((error) => error.message);
				await run(100_000);
				return { ran, outcome: await call };
			};
			const clock = new FakeClock();
			const mine = retry({ maxAttempts, backoff: exponential({ baseDelayMs: 100, maxDelayMs: 1_500 }), clock });
			const backoff = new cockatiel.ExponentialBackoff({ generator: cockatiel.noJitterGenerator, initialDelay: 100, maxDelay: 1_500 });
			// Theirs counts what comes after the first.
			const theirs = cockatiel.retry(cockatiel.handleAll, { maxAttempts: maxAttempts - 1, backoff });
			const oracle = await play((task) => theirs.execute(task), Date.now, vi.advanceTimersByTimeAsync);
			expect(
				await play(
					(task) => mine.execute(task),
					() => clock.now(),
					(ms) => clock.run(ms),
				),
			).toEqual(oracle);
		}),
		{ numRuns: 50 },
	);
});
