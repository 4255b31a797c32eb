import { type AbortSignal, type Clock, LinkscopeError, numberOption } from '@linkscope/core';

/** A wait for a message or an answer that did not end well. */
export class MessageError extends LinkscopeError {
	static {
		MessageError.prototype.name = 'MessageError';
	}
}

export interface WaitOptions {
	/** Default 30,000. */
	timeoutMs?: number;
	signal?: AbortSignal;
}

/** A promise that ends exactly once: with what is waited for, a timeout, an abort, or the end of the connection. */
export interface Wait<T> {
	readonly promise: Promise<T>;
	resolve(value: T): void;
	reject(error: Error): void;
}

/**
 * @param what for the error's text: 'an answer to "login"'.
 * @param left called once, when the wait is over.
 * @throws RangeError where timeoutMs is no number, MessageError WAIT_ABORTED where the signal has aborted already.
 * The promise rejects with MessageError WAIT_TIMEOUT or WAIT_ABORTED.
 */
export function createWait<T>(clock: Clock, what: string, { timeoutMs, signal }: WaitOptions, left: () => void): Wait<T> {
	const waitMs = numberOption('timeoutMs', timeoutMs, 30_000);
	const aborted = () => new MessageError('WAIT_ABORTED', `waiting for ${what} was aborted by its signal`, { cause: signal?.reason });
	if (signal?.aborted) throw aborted();
	let settle!: { resolve(value: T): void; reject(error: Error): void };
	const promise = new Promise<T>((resolve, reject) => {
		settle = { resolve, reject };
	});
	let over = false;
	const end = (): boolean => {
		if (over) return false;
		over = true;
		cancelTimer();
		signal?.removeEventListener('abort', onAbort);
		left();
		return true;
	};
	const reject = (error: Error): void => {
		if (end()) settle.reject(error);
	};
	const onAbort = (): void => reject(aborted());
	const cancelTimer = clock.after(waitMs, () => reject(new MessageError('WAIT_TIMEOUT', `waited ${waitMs} ms for ${what}; none came`)));
	signal?.addEventListener('abort', onAbort, { once: true });
	return {
		promise,
		reject,
		resolve: (value) => {
			if (end()) settle.resolve(value);
		},
	};
}
