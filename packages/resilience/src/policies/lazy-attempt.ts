import type { AbortSignal, Attempt, Unsubscribe } from '@linkscope/core';

// Core's structural signal, not the platform's type: what reads it compiles without DOM or Node types.
interface Controller {
	readonly signal: AbortSignal;
	abort(reason?: unknown): void;
}
const createController = (): Controller => new AbortController();

const nothing: Unsubscribe = () => {};

/**
 * An attempt whose signal costs nothing until somebody reads it: to make an AbortController takes longer than all else a policy does
 * for a call, and more memory than a waiting retry may have.
 */
export class LazyAttempt implements Attempt {
	readonly number: number;
	/** What it is a part of. */
	readonly #outer: LazyAttempt | undefined;
	/** The caller's, or one made for a reader. */
	#signal: AbortSignal | undefined;
	/** Whether anything can ever abort it. */
	readonly abortable: boolean;

	constructor(number: number, outer?: LazyAttempt, signal?: AbortSignal) {
		this.number = number;
		this.#outer = outer;
		this.#signal = signal;
		this.abortable = signal !== undefined || (outer?.abortable ?? false);
	}

	/** The attempt that a policy of somebody else has made, or one of ours as it is. */
	static from(attempt: Attempt): LazyAttempt {
		return attempt instanceof LazyAttempt ? attempt : new LazyAttempt(attempt.number, undefined, attempt.signal);
	}

	get signal(): AbortSignal {
		const signal = this.#signal ?? this.#outer?.signal ?? createController().signal;
		this.#signal = signal;
		return signal;
	}

	/** Why it was aborted; null while it was not. */
	get ended(): { reason: unknown } | null {
		if (this.#outer) return this.#outer.ended;
		return this.#signal?.aborted ? { reason: this.#signal.reason } : null;
	}

	/** Calls back once when it is aborted after this. */
	onAbort(listener: (reason: unknown) => void): Unsubscribe {
		if (!this.abortable) return nothing;
		if (this.#outer) return this.#outer.onAbort(listener);
		const { signal } = this;
		const heard = (): void => listener(signal.reason);
		signal.addEventListener('abort', heard, { once: true });
		return () => signal.removeEventListener('abort', heard);
	}
}

/** An attempt that its policy can give up. It ends with what it is a part of. */
export class AbortableAttempt extends LazyAttempt {
	override readonly abortable = true;
	#ended: { reason: unknown } | null = null;
	#listeners: ((reason: unknown) => void)[] | undefined;
	#controller: Controller | undefined;
	#unfollow: Unsubscribe | undefined;

	constructor(number: number, outer: LazyAttempt) {
		super(number);
		if (!outer.abortable) return;
		// A policy of somebody else may have taken its time.
		this.#ended = outer.ended;
		if (this.#ended === null) this.#unfollow = outer.onAbort((reason) => this.abort(reason));
	}

	override get signal(): AbortSignal {
		if (this.#controller) return this.#controller.signal;
		const controller = createController();
		this.#controller = controller;
		if (this.#ended) controller.abort(this.#ended.reason);
		return controller.signal;
	}

	override get ended(): { reason: unknown } | null {
		return this.#ended;
	}

	override onAbort(listener: (reason: unknown) => void): Unsubscribe {
		this.#listeners ??= [];
		this.#listeners.push(listener);
		return () => {
			this.#listeners = this.#listeners?.filter((other) => other !== listener);
		};
	}

	abort(reason: unknown): void {
		if (this.#ended) return;
		this.#ended = { reason };
		const listeners = this.#listeners ?? [];
		this.leave();
		for (const listener of listeners) listener(reason);
		this.#controller?.abort(reason);
	}

	/** The try is over: nothing around it holds it any more. */
	leave(): void {
		this.#unfollow?.();
		this.#unfollow = undefined;
		this.#listeners = undefined;
	}
}
