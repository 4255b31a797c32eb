import { platform } from './platform.js';

/** Takes back what returned it. Calling it twice does no harm. */
export type Unsubscribe = () => void;

/** What an application subscribes to; `on(fn)` returns its own undo. */
export interface Subscribable<T> {
	on(listener: (value: T) => void): Unsubscribe;
	once(listener: (value: T) => void): Unsubscribe;
}

/**
 * A list of listeners. A listener that throws never stops the others nor the caller:
 * its error goes to `onThrow`, by default to the platform's uncaught-error handling, as with EventTarget.
 */
export class Emitter<T> implements Subscribable<T> {
	// Copied on write: a listener may add or remove listeners while an event is on its way.
	#listeners: readonly ((value: T) => void)[] = [];
	readonly #hooks: { onThrow?: (error: unknown) => void; onCount?: (count: number) => void };

	constructor(hooks: { onThrow?: (error: unknown) => void; onCount?: (count: number) => void } = {}) {
		this.#hooks = hooks;
	}

	get count(): number {
		return this.#listeners.length;
	}

	on(listener: (value: T) => void): Unsubscribe {
		if (typeof listener !== 'function') throw new TypeError(`listener must be a function, got ${typeof listener}`);
		// Wrapped, so that one function subscribed twice is two subscriptions with an undo each.
		const entry = (value: T): void => listener(value);
		this.#listeners = [...this.#listeners, entry];
		this.#hooks.onCount?.(this.#listeners.length);
		return () => {
			this.#listeners = this.#listeners.filter((other) => other !== entry);
		};
	}

	once(listener: (value: T) => void): Unsubscribe {
		const off = this.on((value) => {
			off();
			listener(value);
		});
		return off;
	}

	emit(value: T): void {
		const listeners = this.#listeners;
		for (let i = 0; i < listeners.length; i++) {
			try {
				(listeners[i] as (value: T) => void)(value);
			} catch (error) {
				if (this.#hooks.onThrow) this.#hooks.onThrow(error);
				else throwLater(error);
			}
		}
	}
}

/** Hands an error to the platform as uncaught, outside of the running call. */
export function throwLater(error: unknown): void {
	platform.queueMicrotask(() => {
		throw error;
	});
}
