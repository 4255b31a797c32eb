import { AbortableAttempt, LazyAttempt } from '../policies/lazy-attempt.js';
import { abortedError } from '../policies/policy-error.js';

/** One dial of a node under way, for all who want a connection to it. */
export class Dial<C> {
	/** Ends when the dial is given up. */
	readonly attempt = new AbortableAttempt(1, new LazyAttempt(1));
	/** Resolves when the first try begins, or there will be none. */
	readonly begun: Promise<void>;
	/** Tries so far. */
	tries = 0;
	/** Whether a try is under way: not while it waits for its turn, or before the next one. */
	isTrying = false;
	readonly #outcome: Promise<C>;
	#begin: () => void = () => {};
	#callers = 0;

	constructor(run: (dial: Dial<C>) => Promise<C>) {
		this.begun = new Promise((resolve) => {
			this.#begin = resolve;
		});
		this.#outcome = run(this);
		this.#outcome.then(this.#begin, this.#begin);
	}

	get isGivenUp(): boolean {
		return this.attempt.ended !== null;
	}

	tryBegins(): void {
		this.tries++;
		this.isTrying = true;
		this.#begin();
	}

	/** Its outcome, for one more who waits for it and has not left yet. When the last of them has left, it is given up. */
	join(caller: LazyAttempt): Promise<C> {
		this.#callers++;
		return new Promise((resolve, reject) => {
			const stopListening = caller.onAbort((reason) => {
				reject(abortedError(reason));
				this.#callers--;
				if (this.#callers === 0) this.attempt.abort(reason);
			});
			this.#outcome.then(resolve, reject).finally(stopListening);
		});
	}

	/** Resolves when it has ended, whichever way. */
	ended(): Promise<void> {
		return this.#outcome.then(
			() => {},
			() => {},
		);
	}
}
