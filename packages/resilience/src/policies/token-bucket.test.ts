import { FakeClock, settle } from '@linkscope/core/testing';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { rateLimit } from './rate-limit.js';
import { type TokenBucketOptions, tokenBucket } from './token-bucket.js';

function build(options: TokenBucketOptions = {}) {
	const clock = new FakeClock();
	return { clock, bucket: tokenBucket({ clock, ...options }) };
}

test('20 a second, evenly spaced: 25 dials begin within 1.2 s (seeds/000)', async () => {
	const { clock, bucket } = build();
	const begun: number[] = [];
	for (let i = 0; i < 25; i++) void bucket.take().then(() => begun.push(clock.now()));
	expect(clock.pending).toBe(1);
	await clock.run(2_000);
	expect(begun).toEqual(Array.from({ length: 25 }, (_, i) => i * 50));
	expect([clock.pending, bucket.waiting]).toEqual([0, 0]);
});

test('a quiet time saves up as many tokens as may be, however long it was', async () => {
	const { clock, bucket } = build({ perSecond: 10, burst: 3 });
	const takeAll = () => {
		let taken = 0;
		while (bucket.tryTake()) taken++;
		return taken;
	};
	expect(takeAll()).toBe(3);
	expect(bucket.delayMs).toBe(100);
	clock.advance(100);
	expect(takeAll()).toBe(1);
	clock.advance(250);
	expect(takeAll()).toBe(2);
	clock.advance(3_600_000);
	expect(takeAll()).toBe(3);
});

test('never gives more than burst + rate * time, and all that wait get theirs in order', async () => {
	const arrivals = fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 40 });
	await fc.assert(
		fc.asyncProperty(arrivals, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 5 }), async (gaps, perSecond, burst) => {
			const { clock, bucket } = build({ perSecond, burst });
			const granted: { id: number; at: number }[] = [];
			for (const [id, gap] of gaps.entries()) {
				await clock.run(gap);
				void bucket.take().then(() => granted.push({ id, at: clock.now() }));
			}
			await clock.run(60_000);
			expect(granted.map(({ id }) => id)).toEqual(gaps.map((_, id) => id));
			for (const [i, from] of granted.entries()) {
				for (const [j, to] of granted.entries()) {
					if (j >= i) expect(j - i + 1).toBeLessThanOrEqual(burst + ((to.at - from.at) / 1_000) * perSecond + 1e-6);
				}
			}
			expect(clock.pending).toBe(0);
		}),
	);
});

test('nobody overtakes those who wait', async () => {
	const { clock, bucket } = build();
	bucket.tryTake();
	const waiting = bucket.take();
	expect([bucket.tryTake(), bucket.waiting, bucket.delayMs]).toEqual([false, 1, 100]);
	await clock.run(50);
	await waiting;
	let overtook: boolean | undefined;
	clock.after(50, () => {
		overtook = bucket.tryTake();
	});
	const next = bucket.take();
	await clock.run(50);
	await next;
	expect(overtook).toBe(false);
});

test('a sleep of an hour sets no crowd loose', async () => {
	const { clock, bucket } = build();
	const granted: number[] = [];
	for (let i = 0; i < 100; i++) void bucket.take().then(() => granted.push(clock.now()));
	await settle();
	clock.suspend(3_600_000);
	await settle();
	expect(granted.length).toBeLessThanOrEqual(3);
	await clock.run(200);
	expect(granted.length).toBeLessThanOrEqual(7);
	await clock.run(10_000);
	expect(granted).toHaveLength(100);
});

test('one that leaves gives its turn to the next, and the last to leave takes the timer along', async () => {
	const { clock, bucket } = build();
	bucket.tryTake();
	const [one, other] = [new AbortController(), new AbortController()];
	const left = bucket.take(one.signal);
	const stayed = bucket.take();
	one.abort('tired');
	await expect(left).rejects.toMatchObject({ code: 'OPERATION_ABORTED', cause: 'tired' });
	await clock.run(50);
	await stayed;
	const alone = bucket.take(other.signal);
	other.abort();
	await expect(alone).rejects.toMatchObject({ code: 'OPERATION_ABORTED' });
	await expect(bucket.take(other.signal)).rejects.toMatchObject({ code: 'OPERATION_ABORTED' });
	expect(clock.pending).toBe(0);
});

test('too many that wait are refused, and all who wait can be', async () => {
	const { clock, bucket } = build({ maxWaiting: 1 });
	bucket.tryTake();
	const waiting = bucket.take();
	await expect(bucket.take()).rejects.toMatchObject({ code: 'RATE_LIMITED' });
	bucket.refuseWaiting('shut');
	await expect(waiting).rejects.toMatchObject({ code: 'OPERATION_ABORTED', cause: 'shut' });
	expect(clock.pending).toBe(0);
	await clock.run(50);
	expect(bucket.tryTake()).toBe(true);
});

test('as a policy: tasks begin with their tokens, and several policies may share a bucket', async () => {
	const { clock, bucket } = build();
	const begun: string[] = [];
	const [one, other] = [rateLimit({ bucket }), rateLimit({ bucket })];
	const call = (policy: typeof one, name: string) => policy.execute(async ({ number }) => begun.push(`${name} ${number} at ${clock.now()}`));
	const calls = [call(one, 'a'), call(other, 'b'), call(one, 'c')];
	await clock.run(200);
	await Promise.all(calls);
	expect(begun).toEqual(['a 1 at 0', 'b 1 at 50', 'c 1 at 100']);
	expect(rateLimit({ clock, perSecond: 5 }).bucket.tryTake()).toBe(true);
});

test('a task whose caller leaves with its token in hand does not begin', async () => {
	const { clock, bucket } = build();
	bucket.tryTake();
	const caller = new AbortController();
	const task = vi.fn();
	const call = rateLimit({ bucket }).execute(task, caller.signal);
	clock.advance(50);
	caller.abort();
	await expect(call).rejects.toMatchObject({ code: 'OPERATION_ABORTED' });
	expect(task).not.toHaveBeenCalled();
});

test.each([{ perSecond: 0 }, { perSecond: Number.NaN }, { burst: 0 }, { burst: 1.5 }, { maxWaiting: -1 }])('%o is named', (options) => {
	expect(() => tokenBucket(options)).toThrow(RangeError);
	expect(() => tokenBucket(options)).toThrow(Object.keys(options)[0]);
});
