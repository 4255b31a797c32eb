import type { Policy } from '@linkscope/core';
import { FakeClock, settle } from '@linkscope/core/testing';
import { expect, test, vi } from 'vitest';
import { fixed } from '../retry/backoffs.js';
import { retry } from '../retry/retry.js';
import { consecutiveFailures } from './breaker-rules.js';
import { bulkhead } from './bulkhead.js';
import { circuitBreaker } from './circuit-breaker.js';
import { compose } from './compose.js';
import { rateLimit } from './rate-limit.js';
import { timeout } from './timeout.js';

test('the task sees the number of the retry and the signal of the timeout, through everything between', async () => {
	const clock = new FakeClock();
	const policy = compose(
		bulkhead(),
		retry({ maxAttempts: 3, backoff: fixed({ delayMs: 10 }), clock }),
		circuitBreaker({ clock }),
		rateLimit({ perSecond: 1_000, clock }),
		timeout({ timeoutMs: 100, clock }),
	);
	const tries: string[] = [];
	const call = policy.execute(({ number, signal }) => {
		tries.push(`try ${number} at ${clock.now()}`);
		signal.addEventListener('abort', () => tries.push(`aborted at ${clock.now()}`));
		return number < 3 ? new Promise<string>(() => {}) : 'done';
	});
	await clock.run(1_000);
	await expect(call).resolves.toBe('done');
	expect(tries).toEqual(['try 1 at 0', 'aborted at 100', 'try 2 at 110', 'aborted at 210', 'try 3 at 220']);
	expect(clock.pending).toBe(0);
});

test('the order counts: a circuit within a retry sees every try, one around it every operation', async () => {
	const down = () => Promise.reject(new Error('down'));
	for (const [within, state] of [
		[true, 'OPEN'],
		[false, 'CLOSED'],
	] as const) {
		const clock = new FakeClock();
		const breaker = circuitBreaker({ rule: consecutiveFailures(3), clock });
		const again = retry({ maxAttempts: 3, backoff: fixed({ delayMs: 0 }), clock });
		const call = (within ? compose(again, breaker) : compose(breaker, again)).execute(down).catch((error) => error.message);
		await clock.run(10);
		expect(await call).toBe('down');
		expect(breaker.state).toBe(state);
	}
});

test('an abort reaches what waits at any depth, and leaves no timer', async () => {
	const clock = new FakeClock();
	const caller = new AbortController();
	const policy = compose(timeout({ timeoutMs: 60_000, clock }), retry({ maxAttempts: 9, clock }), circuitBreaker({ clock }));
	const call = policy.execute(() => Promise.reject(new Error('down')), caller.signal);
	await clock.run(100);
	caller.abort('enough');
	await expect(call).rejects.toMatchObject({ code: 'OPERATION_ABORTED', cause: 'enough' });
	expect(clock.pending).toBe(0);
});

test('takes policies of others, and may be nested', async () => {
	const clock = new FakeClock();
	const seen: number[] = [];
	const foreign: Policy = {
		async execute(task, signal) {
			return task({ number: 7, signal: signal ?? new AbortController().signal });
		},
	};
	const caller = new AbortController();
	const given = vi.spyOn(foreign, 'execute');
	const policy = compose(compose(timeout({ clock }), foreign), circuitBreaker({ clock }));
	await policy.execute(({ number }) => seen.push(number), caller.signal);
	expect(seen).toEqual([7]);
	expect(given.mock.calls[0]?.[1]).toBeDefined();
	const broken: Policy = {
		execute() {
			throw new Error('broken');
		},
	};
	await expect(compose(broken).execute(() => {})).rejects.toThrow('broken');
});

test('a policy of others that goes on after the abort hands an aborted signal on', async () => {
	const clock = new FakeClock();
	const caller = new AbortController();
	const slow: Policy = {
		async execute(task, signal) {
			await settle();
			return task({ number: 1, signal: signal as AbortSignal });
		},
	};
	const call = compose(slow, timeout({ clock })).execute(async ({ signal }) => signal.reason, caller.signal);
	caller.abort('gone');
	await expect(call).resolves.toBe('gone');
});

test('of nothing it runs the task, and names what is no policy', async () => {
	await expect(compose().execute(({ number }) => number)).resolves.toBe(1);
	expect(() => compose(retry(), {} as Policy)).toThrow('policies[1] must have execute(task, signal)');
});
