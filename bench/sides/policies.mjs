// Successful calls through the policies of one library, and what a waiting retry holds.
import { performance } from 'node:perf_hooks';
import { circuitBreaker, compose, RetryManager, retry, timeout } from '@linkscope/resilience';
import * as cockatiel from 'cockatiel';
import OpossumBreaker from 'opossum';
import { serveCommands } from '../harness/serve-commands.mjs';

const TIMEOUT_MS = 10_000;
const task = async () => 1;

const theirRetry = () => cockatiel.retry(cockatiel.handleAll, { maxAttempts: 2, backoff: new cockatiel.ExponentialBackoff() });
const theirBreaker = () => cockatiel.circuitBreaker(cockatiel.handleAll, { halfOpenAfter: 60_000, breaker: new cockatiel.ConsecutiveBreaker(5) });

const calls = {
	'the task itself': () => task,
	linkscope: () => through(compose(retry(), circuitBreaker())),
	'linkscope, timeout': () => through(compose(retry(), circuitBreaker(), timeout({ timeoutMs: TIMEOUT_MS }))),
	'linkscope, manager': () => {
		const manager = new RetryManager();
		return () => manager.executeWithRetry('operation-id', task);
	},
	cockatiel: () => through(cockatiel.wrap(theirRetry(), theirBreaker())),
	'cockatiel, timeout': () => through(cockatiel.wrap(theirRetry(), theirBreaker(), cockatiel.timeout(TIMEOUT_MS, cockatiel.TimeoutStrategy.Aggressive))),
	opossum: () => breakerOf({ timeout: false }),
	'opossum, timeout': () => breakerOf({ timeout: TIMEOUT_MS }),
};

function through(policy) {
	return () => policy.execute(task);
}

function breakerOf(options) {
	const breaker = new OpossumBreaker(task, options);
	return () => breaker.fire();
}

let call;

serveCommands({
	use(name) {
		call = calls[name]();
	},
	/** Nanoseconds a call, one after the other. */
	async time(count) {
		const startMs = performance.now();
		for (let i = 0; i < count; i++) await call();
		return ((performance.now() - startMs) * 1e6) / count;
	},
	/** Bytes of the heap for each operation that waits for its next try, the promise of its caller included, its id and its task not. */
	async waiting(count) {
		const manager = new RetryManager({ maxActive: count });
		const fail = () => Promise.reject(new Error('down'));
		const strategy = { type: 'EXPONENTIAL', baseDelay: 3_600_000, maxDelay: 3_600_000, jitter: true };
		const ids = Array.from({ length: count }, (_, i) => `operation-${i}`);
		const promises = new Array(count);
		const before = heapBytes();
		for (let i = 0; i < count; i++) {
			promises[i] = manager.executeWithRetry(ids[i], fail, strategy);
			if (i % 1_000 === 999) await new Promise(setImmediate);
		}
		await new Promise(setImmediate);
		const bytes = (heapBytes() - before) / count;
		for (const promise of promises) promise.catch(() => {});
		manager.stop();
		return bytes;
	},
});

function heapBytes() {
	globalThis.gc();
	return process.memoryUsage().heapUsed;
}
