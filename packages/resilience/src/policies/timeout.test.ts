import { FakeClock, settle } from '@linkscope/core/testing';
import { expect, test, vi } from 'vitest';
import { timeout } from './timeout.js';

function build(timeoutMs = 100) {
	const clock = new FakeClock();
	return { clock, policy: timeout({ timeoutMs, clock }) };
}

test('lets a task end in its time, and leaves no timer', async () => {
	const { clock, policy } = build();
	await expect(policy.execute(async ({ number }) => `try ${number}`)).resolves.toBe('try 1');
	await expect(policy.execute(() => Promise.reject(new Error('its own')))).rejects.toThrow('its own');
	const thrown = policy.execute(() => {
		throw new Error('at once');
	});
	await expect(thrown).rejects.toThrow('at once');
	expect(clock.pending).toBe(0);
});

test('rejects at its time and aborts the task, whose late outcome nobody hears', async () => {
	const { clock, policy } = build();
	const aborted = vi.fn();
	let fail: ((error: Error) => void) | undefined;
	const call = policy.execute(({ signal }) => {
		signal.addEventListener('abort', () => aborted(signal.reason));
		return new Promise((_, reject) => {
			fail = reject;
		});
	});
	await clock.run(99);
	expect(aborted).not.toHaveBeenCalled();
	await clock.run(1);
	await expect(call).rejects.toMatchObject({ code: 'OPERATION_TIMEOUT', message: 'the operation did not end within 100 ms' });
	expect(aborted).toHaveBeenCalledWith(expect.objectContaining({ code: 'OPERATION_TIMEOUT' }));
	fail?.(new Error('too late'));
	await settle();
});

test('what a task makes of its signal does not take the place of the timeout', async () => {
	const { clock, policy } = build();
	const call = policy.execute(({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve('a late success'))));
	clock.advance(100);
	await expect(call).rejects.toMatchObject({ code: 'OPERATION_TIMEOUT' });
});

test('a signal read only after the end is aborted as well', async () => {
	const { clock, policy } = build();
	let read: (() => { aborted: boolean }) | undefined;
	const call = policy.execute((attempt) => {
		read = () => attempt.signal;
		return new Promise(() => {});
	});
	clock.advance(100);
	await expect(call).rejects.toMatchObject({ code: 'OPERATION_TIMEOUT' });
	expect(read?.().aborted).toBe(true);
});

test("tells the task that its caller left, and keeps nothing of the caller's signal afterwards", async () => {
	const { clock, policy } = build();
	const caller = new AbortController();
	const [add, remove] = [vi.spyOn(caller.signal, 'addEventListener'), vi.spyOn(caller.signal, 'removeEventListener')];
	await policy.execute(async () => {}, caller.signal);
	expect([add.mock.calls.length, remove.mock.calls.length]).toEqual([1, 1]);
	await policy.execute(() => Promise.reject(new Error('its own')), caller.signal).catch(() => {});
	expect([add.mock.calls.length, remove.mock.calls.length]).toEqual([2, 2]);
	const call = policy.execute(({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))), caller.signal);
	caller.abort(new Error('left'));
	await expect(call).rejects.toThrow('left');
	expect(clock.pending).toBe(0);
	const task = vi.fn();
	await expect(policy.execute(task, caller.signal)).rejects.toMatchObject({ code: 'OPERATION_ABORTED' });
	expect(task).not.toHaveBeenCalled();
});

test('refuses what is no task and no signal', async () => {
	const { policy } = build();
	await expect(policy.execute('task' as never)).rejects.toThrow('task must be a function, got string');
	await expect(policy.execute(() => {}, {} as never)).rejects.toThrow('signal must be an AbortSignal, got object');
	await expect(policy.execute(() => {}, null as never)).rejects.toThrow('signal must be an AbortSignal');
	expect(() => timeout({ timeoutMs: -1 })).toThrow('timeoutMs');
});
