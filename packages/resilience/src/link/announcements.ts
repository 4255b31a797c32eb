/**
 * Listeners are told of changes one after the other, when what changed has come to rest. So a listener that calls back in, as with close(), never meets
 * a machine in the middle of a change, and everybody hears of the changes in their order.
 */
export class Announcements {
	readonly #waiting: (() => void)[] = [];
	#depth = 0;

	/** Told at the end of the outermost change. */
	add(tell: () => void): void {
		this.#waiting.push(tell);
	}

	during<T>(change: () => T): T {
		this.#depth++;
		try {
			return change();
		} finally {
			if (this.#depth === 1) for (let tell = this.#waiting.shift(); tell; tell = this.#waiting.shift()) tell();
			this.#depth--;
		}
	}
}
