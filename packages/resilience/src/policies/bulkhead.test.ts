import { settle } from '@linkscope/core/testing';
import * as cockatiel from 'cockatiel';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { bulkhead } from './bulkhead.js';

/** Tasks that end when they are told to. */
function gate() {
	const release: (() => void)[] = [];
	const started: number[] = [];
	const task = (id: number) => () => {
		started.push(id);
		return new Promise<number>((resolve) => release.push(() => resolve(id)));
	};
	return { release, started, task };
}

test('so many run, so many wait in order, and one more is refused', async () => {
	const policy = bulkhead({ maxConcurrent: 2, maxWaiting: 2 });
	const { release, started, task } = gate();
	const calls = [1, 2, 3, 4].map((id) => policy.execute(task(id)));
	expect([started, policy.running, policy.waiting]).toEqual([[1, 2], 2, 2]);
	await expect(policy.execute(task(5))).rejects.toMatchObject({ code: 'BULKHEAD_FULL' });
	release[1]?.();
	await calls[1];
	expect([started, policy.running, policy.waiting]).toEqual([[1, 2, 3], 2, 1]);
	for (const go of release) go();
	await calls[2];
	for (const go of release) go();
	expect(await Promise.all(calls)).toEqual([1, 2, 3, 4]);
	expect([policy.running, policy.waiting]).toEqual([0, 0]);
});

test('a task that fails or throws gives its place back', async () => {
	const policy = bulkhead({ maxConcurrent: 1 });
	const thrown = policy.execute(() => {
		throw new Error('at once');
	});
	const rejected = policy.execute(() => Promise.reject(new Error('later')));
	await expect(thrown).rejects.toThrow('at once');
	await expect(rejected).rejects.toThrow('later');
	await expect(policy.execute(async () => 'next')).resolves.toBe('next');
});

test('one that leaves while it waits makes room, and its task never begins', async () => {
	const policy = bulkhead({ maxConcurrent: 1, maxWaiting: 1 });
	const { release, task } = gate();
	const first = policy.execute(task(1));
	const caller = new AbortController();
	const begun = vi.fn();
	const second = policy.execute(begun, caller.signal);
	caller.abort('tired');
	await expect(second).rejects.toMatchObject({ code: 'OPERATION_ABORTED', cause: 'tired' });
	const third = policy.execute(async () => 3);
	release[0]?.();
	expect(await Promise.all([first, third])).toEqual([1, 3]);
	expect(begun).not.toHaveBeenCalled();
});

test('one that got its turn keeps nothing of its signal', async () => {
	const policy = bulkhead({ maxConcurrent: 1 });
	const caller = new AbortController();
	const remove = vi.spyOn(caller.signal, 'removeEventListener');
	await Promise.all([policy.execute(async () => 1), policy.execute(async () => 2, caller.signal)]);
	expect(remove).toHaveBeenCalledTimes(1);
});

test('nobody who comes just then takes the place of one who waited', async () => {
	const policy = bulkhead({ maxConcurrent: 1 });
	const { release, started, task } = gate();
	const first = policy.execute(task(1)).then(() => policy.execute(task(3)));
	const second = policy.execute(task(2));
	release[0]?.();
	await settle();
	expect(started).toEqual([1, 2]);
	release[1]?.();
	await second;
	await settle();
	release[2]?.();
	await first;
});

test('admits what cockatiel admits, whatever comes and ends when', async () => {
	const steps = fc.array(fc.oneof(fc.constant('call' as const), fc.nat({ max: 5 })), { maxLength: 40 });
	await fc.assert(
		fc.asyncProperty(steps, fc.integer({ min: 1, max: 3 }), fc.nat({ max: 3 }), async (script, maxConcurrent, maxWaiting) => {
			const play = async (execute: (task: () => Promise<number>) => Promise<number>) => {
				const { release, started, task } = gate();
				const refused: number[] = [];
				let calls = 0;
				for (const step of script) {
					if (step === 'call') {
						const id = calls++;
						void execute(task(id)).catch(() => refused.push(id));
					} else release[step]?.();
					await settle();
				}
				return { started, refused };
			};
			const policy = bulkhead({ maxConcurrent, maxWaiting });
			const oracle = cockatiel.bulkhead(maxConcurrent, maxWaiting);
			expect(await play((task) => policy.execute(task))).toEqual(await play((task) => oracle.execute(task)));
		}),
	);
});

test.each([{ maxConcurrent: 0 }, { maxConcurrent: 1.5 }, { maxWaiting: -1 }])('%o is named', (options) => {
	expect(() => bulkhead(options)).toThrow(RangeError);
	expect(() => bulkhead(options)).toThrow(Object.keys(options)[0]);
});
