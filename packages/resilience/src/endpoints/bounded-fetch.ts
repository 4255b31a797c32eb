import type { Clock } from '@linkscope/core';
import { EndpointError } from './endpoint-error.js';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Requests that end in time, whatever the fetch below makes of its signal. */
export class BoundedFetch {
	readonly #fetch: Fetch;
	readonly #clock: Clock;
	readonly #timeoutMs: number;
	readonly #running = new Set<AbortController>();

	constructor(fetch: Fetch, clock: Clock, timeoutMs: number) {
		this.#fetch = fetch;
		this.#clock = clock;
		this.#timeoutMs = timeoutMs;
	}

	/**
	 * @param use what of the response belongs to the same time.
	 * @throws EndpointError ENDPOINT_TIMEOUT; the reason of `init.signal` or `abortAll()`; what fetch throws.
	 */
	async run<T>(url: string, init: RequestInit, use: (response: Response) => Promise<T> | T): Promise<T> {
		const expiry = new AbortController();
		const signal = init.signal ? AbortSignal.any([expiry.signal, init.signal]) : expiry.signal;
		const cancel = this.#clock.after(this.#timeoutMs, () => expiry.abort(this.#timeout()));
		this.#running.add(expiry);
		try {
			return await Promise.race([this.#use(url, { ...init, signal }, use), aborted(signal)]);
		} finally {
			cancel();
			this.#running.delete(expiry);
		}
	}

	abortAll(reason: Error): void {
		for (const controller of [...this.#running]) controller.abort(reason);
	}

	async #use<T>(url: string, init: RequestInit, use: (response: Response) => Promise<T> | T): Promise<T> {
		// Not as a method: a browser's fetch wants no `this` but its own.
		const fetch = this.#fetch;
		return use(await fetch(url, init));
	}

	#timeout(): EndpointError {
		return new EndpointError('ENDPOINT_TIMEOUT', `no answer within ${this.#timeoutMs} ms`);
	}
}

function aborted(signal: AbortSignal): Promise<never> {
	return new Promise((_resolve, reject) => {
		if (signal.aborted) reject(signal.reason);
		else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
	});
}
