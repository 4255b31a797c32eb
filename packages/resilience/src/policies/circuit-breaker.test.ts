import { FakeClock, settle } from '@linkscope/core/testing';
import { expect, test, vi } from 'vitest';
import { fixed } from '../retry/backoffs.js';
import { retry } from '../retry/retry.js';
import { consecutiveFailures } from './breaker-rules.js';
import { type CircuitBreakerOptions, circuitBreaker } from './circuit-breaker.js';
import { compose } from './compose.js';
import { timeout } from './timeout.js';

const down = () => Promise.reject(new Error('down'));
const up = async () => 'up';

function build(options: CircuitBreakerOptions = {}) {
	const clock = new FakeClock();
	const breaker = circuitBreaker({ rule: consecutiveFailures(3), openMs: 1_000, clock, ...options });
	const events: string[] = [];
	breaker.onEvent.on(({ type }) => events.push(`${type} at ${clock.now()}`));
	const fail = async (times: number) => {
		for (let i = 0; i < times; i++) await expect(breaker.execute(down)).rejects.toThrow('down');
	};
	return { clock, breaker, events, fail };
}

/** A task that ends when it is told to. */
function held() {
	let settleWith: { resolve(value: string): void; reject(error: Error): void } | undefined;
	const task = vi.fn(() => new Promise<string>((resolve, reject) => (settleWith = { resolve, reject })));
	return { task, succeed: () => settleWith?.resolve('late'), fail: () => settleWith?.reject(new Error('late')) };
}

test('opens at so many failures in a row, refuses, lets one probe when its time is over, and closes when that goes well', async () => {
	const { clock, breaker, events, fail } = build();
	await fail(2);
	expect(breaker.state).toBe('CLOSED');
	await fail(1);
	expect([breaker.state, breaker.refusesForMs]).toEqual(['OPEN', 1_000]);
	clock.advance(999);
	const task = vi.fn(up);
	await expect(breaker.execute(task)).rejects.toMatchObject({ code: 'CIRCUIT_OPEN', name: 'PolicyError' });
	expect(task).not.toHaveBeenCalled();
	clock.advance(1);
	await expect(breaker.execute(task)).resolves.toBe('up');
	expect([breaker.state, breaker.refusesForMs]).toEqual(['CLOSED', 0]);
	expect(events).toEqual(['opened at 0', 'closed at 1000']);
	expect(clock.pending).toBe(0);
});

test('a success between failures begins the count anew, as the seed forgets to', async () => {
	const { breaker, fail } = build();
	await fail(2);
	await breaker.execute(up);
	await fail(2);
	expect(breaker.state).toBe('CLOSED');
});

test('a probe that fails opens it for as long again', async () => {
	const { clock, breaker, events, fail } = build();
	await fail(3);
	clock.advance(1_000);
	await fail(1);
	expect(breaker.state).toBe('OPEN');
	clock.advance(999);
	await expect(breaker.execute(up)).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
	clock.advance(1);
	await breaker.execute(up);
	expect(events).toEqual(['opened at 0', 'opened at 1000', 'closed at 2000']);
});

test('five failures and a minute are the default (seeds/003)', async () => {
	const clock = new FakeClock();
	const breaker = circuitBreaker({ clock });
	for (let i = 0; i < 5; i++) await breaker.execute(down).catch(() => {});
	expect([breaker.state, breaker.refusesForMs]).toEqual(['OPEN', 60_000]);
});

test('the breaker timeline of seeds/000: 10 s of dialling, 2 s of waiting, 10 s of dialling, 180 s of peace', async () => {
	const clock = new FakeClock();
	const dials: number[] = [];
	const breaker = circuitBreaker({ name: 'ABC123', rule: consecutiveFailures(1), openMs: 180_000, clock });
	const node = compose(breaker, retry({ maxAttempts: 2, backoff: fixed({ delayMs: 2_000 }), clock }), timeout({ timeoutMs: 10_000, clock }));
	const dial = () =>
		node
			.execute(() => {
				dials.push(clock.now());
				return new Promise(() => {});
			})
			.catch((error) => error.code);
	let opened = Number.NaN;
	breaker.onEvent.on(() => {
		opened = clock.now();
	});
	const first = dial();
	await clock.run(22_000);
	expect(await first).toBe('OPERATION_TIMEOUT');
	expect([dials, opened]).toEqual([[0, 12_000], 22_000]);
	await clock.run(179_999);
	expect(await dial()).toBe('CIRCUIT_OPEN');
	await clock.run(1);
	void dial();
	expect(dials.at(-1)).toBe(202_000);
});

test('exactly one of many that come at once probes, also where its task comes back to the breaker itself', async () => {
	const { clock, breaker, fail } = build();
	await fail(3);
	clock.advance(1_000);
	const probe = held();
	let within: Promise<unknown> | undefined;
	const tasks = Array.from({ length: 20 }, (_, i) =>
		breaker.execute(() => {
			within ??= breaker.execute(probe.task).catch((error) => error.code);
			return i === 0 ? probe.task() : up();
		}),
	);
	const outcomes = Promise.allSettled(tasks);
	expect(breaker.state).toBe('HALF_OPEN');
	expect(await within).toBe('CIRCUIT_OPEN');
	probe.succeed();
	expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', ...new Array(19).fill('rejected')]);
	expect(probe.task).toHaveBeenCalledTimes(1);
	expect(breaker.state).toBe('CLOSED');
});

test('what began in an earlier period changes nothing in a later one', async () => {
	const { clock, breaker, events, fail } = build();
	const [early, late] = [held(), held()];
	const pending = [breaker.execute(early.task), breaker.execute(late.task)].map((promise) => promise.catch(() => {}));
	await fail(3);
	early.succeed();
	await settle();
	expect(breaker.state).toBe('OPEN');
	clock.advance(1_000);
	const probe = held();
	const probing = breaker.execute(probe.task);
	late.fail();
	await settle();
	expect(breaker.state).toBe('HALF_OPEN');
	probe.succeed();
	await Promise.all([probing, ...pending]);
	expect(breaker.state).toBe('CLOSED');
	expect(events).toHaveLength(2);
});

test('a probe whose caller left says nothing: the next call probes; one whose time was over has failed', async () => {
	const { clock, breaker, fail } = build();
	await fail(3);
	clock.advance(1_000);
	const caller = new AbortController();
	const hanging = breaker.execute(() => new Promise(() => {}), caller.signal);
	void hanging.catch(() => {});
	caller.abort();
	expect([breaker.state, breaker.refusesForMs]).toEqual(['OPEN', 0]);
	const bounded = compose(timeout({ timeoutMs: 50, clock }), breaker).execute(() => new Promise(() => {}));
	expect(breaker.state).toBe('HALF_OPEN');
	clock.advance(50);
	await expect(bounded).rejects.toMatchObject({ code: 'OPERATION_TIMEOUT' });
	expect([breaker.state, breaker.refusesForMs]).toEqual(['OPEN', 1_000]);
});

test('callers who leave open no circuit, also where their tasks fail of it', async () => {
	const { breaker } = build();
	for (let i = 0; i < 10; i++) {
		const caller = new AbortController();
		const call = breaker.execute(({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))), caller.signal);
		caller.abort(new Error('left'));
		await expect(call).rejects.toThrow('left');
	}
	expect(breaker.state).toBe('CLOSED');
});

test('a timeout around it counts, though the task never ends', async () => {
	const { clock, breaker } = build();
	const bounded = compose(timeout({ timeoutMs: 50, clock }), breaker);
	for (let i = 0; i < 3; i++) {
		const call = bounded.execute(() => new Promise(() => {})).catch(() => {});
		await clock.run(50);
		await call;
	}
	expect(breaker.state).toBe('OPEN');
});

test('a probe that never ends does not keep it half open for ever, nor lets a second one out beside it', async () => {
	const { clock, breaker, fail } = build({ probeTimeoutMs: 5_000 });
	await fail(3);
	clock.advance(1_000);
	const probe = held();
	const lost = breaker.execute(probe.task);
	clock.advance(4_999);
	await expect(breaker.execute(up)).rejects.toThrow('a probe is on its way');
	clock.advance(1);
	await expect(breaker.execute(up)).rejects.toThrow('too much failed');
	probe.succeed();
	await expect(lost).resolves.toBe('late');
	expect(breaker.state).toBe('OPEN');
	clock.advance(1_000);
	const second = held();
	const alsoLost = breaker.execute(second.task);
	clock.advance(5_000);
	await expect(breaker.execute(up)).rejects.toThrow('too much failed');
	clock.advance(1_000);
	await expect(breaker.execute(up)).resolves.toBe('up');
	second.fail();
	await expect(alsoLost).rejects.toThrow('late');
	expect(breaker.state).toBe('CLOSED');
});

test('errors that are no failures neither open it nor count as successes; of a probe they say that the service answers', async () => {
	const { clock, breaker, fail } = build({ isFailure: (error) => (error as Error).message === 'down' });
	const missing = () => Promise.reject(new Error('not found'));
	await fail(2);
	await expect(breaker.execute(missing)).rejects.toThrow('not found');
	await fail(1);
	expect(breaker.state).toBe('OPEN');
	clock.advance(1_000);
	await expect(breaker.execute(missing)).rejects.toThrow('not found');
	expect(breaker.state).toBe('CLOSED');
});

test('reset() closes it by hand and forgets what it counted', async () => {
	const { breaker, events, fail } = build();
	await fail(3);
	breaker.reset();
	await fail(2);
	expect(breaker.state).toBe('CLOSED');
	expect(events).toEqual(['opened at 0', 'reset at 0']);
});

test('neither tasks that throw at once, nor an isFailure or a listener that throws, stop it', async () => {
	const { breaker } = build({
		rule: consecutiveFailures(1),
		isFailure: () => {
			throw new Error('mine');
		},
	});
	const uncaught = vi.fn();
	process.on('uncaughtException', uncaught);
	try {
		breaker.onEvent.on(() => {
			throw new Error('listener');
		});
		const thrown = breaker.execute(() => {
			throw new Error('at once');
		});
		await expect(thrown).rejects.toThrow('at once');
		expect(breaker.state).toBe('OPEN');
		await vi.waitFor(() => expect(uncaught).toHaveBeenCalledTimes(1));
	} finally {
		process.off('uncaughtException', uncaught);
	}
});

test.each([
	['openMs', { openMs: 0 }],
	['openMs', { openMs: Number.NaN }],
	['probeTimeoutMs', { probeTimeoutMs: -1 }],
])('%s out of its bounds is named', (name, options) => {
	expect(() => circuitBreaker(options)).toThrow(RangeError);
	expect(() => circuitBreaker(options)).toThrow(name);
});
