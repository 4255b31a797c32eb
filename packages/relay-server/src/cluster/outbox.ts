import type { Registration } from './cluster.js';

/** What the registry has to learn about one registration: how it stands now, or that it is gone. */
export interface Change {
	readonly registration: Registration;
	readonly isGone: boolean;
}

const BATCH = 100;

/**
 * Carries changes to the registry, a batch at a time: while one is under way, the others wait, and of each registration only the last word.
 * So it never holds more than there are registrations, however slow the registry is.
 */
export class Outbox {
	#waiting = new Map<string, Change>();
	#isSending = false;

	/**
	 * @param send rejects where the registry did not take them.
	 * @param failed is told once; all that waited is dropped, because whoever comes back to the registry tells it everything.
	 */
	constructor(
		private readonly send: (changes: readonly Change[]) => Promise<void>,
		private readonly failed: (error: unknown) => void,
	) {}

	put(change: Change): void {
		this.#waiting.set(change.registration.id, change);
		if (!this.#isSending) void this.#sendAll();
	}

	clear(): void {
		this.#waiting.clear();
	}

	async #sendAll(): Promise<void> {
		this.#isSending = true;
		try {
			// What one turn of the event loop brings goes together.
			await undefined;
			while (this.#waiting.size > 0) await this.send(this.#take());
		} catch (error) {
			this.clear();
			this.failed(error);
		} finally {
			this.#isSending = false;
		}
	}

	/** Those that are gone first, so that they do not count against the limit of their key. */
	#take(): Change[] {
		const batch: Change[] = [];
		for (const [id, change] of this.#waiting) {
			if (batch.length === BATCH) break;
			batch.push(change);
			this.#waiting.delete(id);
		}
		return batch.sort((a, b) => Number(b.isGone) - Number(a.isGone));
	}
}
