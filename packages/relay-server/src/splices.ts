import type { Goodbye } from './refusals.js';
import type { RelaySocket } from './wire/relay-socket.js';
import { splice } from './wire/splice.js';
import type { Piped, Splice, SpliceEnd, SpliceOptions } from './wire/splice-options.js';

interface Pair {
	readonly splice: Splice;
	readonly isOne: boolean;
}

/** All pairs that are piped to each other. */
export class Splices {
	readonly #pairs = new Set<Pair>();
	readonly #options: Omit<SpliceOptions, 'alwaysNormal' | 'ended'>;
	readonly #ended: (end: SpliceEnd) => void;
	/** Of splices that have ended. */
	#pastBytes = 0;
	#whenDone: (() => void) | null = null;
	#isHasty = false;

	constructor(options: Omit<SpliceOptions, 'alwaysNormal' | 'ended'>, ended: (end: SpliceEnd) => void) {
		this.#options = options;
		this.#ended = ended;
	}

	get count(): number {
		return this.#pairs.size;
	}

	/** Payload that was piped, both ways, in all. */
	get bytes(): number {
		let bytes = this.#pastBytes;
		for (const { splice } of this.#pairs) bytes += bothWays(splice);
		return bytes;
	}

	/** All together hold too much for slow readers. */
	tighten(): void {
		for (const { splice } of this.#pairs) splice.tighten();
	}

	join(dialler: RelaySocket, listener: RelaySocket, isOne: boolean): void {
		const ended = (end: SpliceEnd): void => {
			this.#pastBytes += bothWays(pair.splice);
			this.#pairs.delete(pair);
			this.#ended(end);
			if (this.#pairs.size === 0) this.#whenDone?.();
		};
		const pair = { splice: splice(dialler, listener, { ...this.#options, alwaysNormal: isOne, ended }), isOne };
		this.#pairs.add(pair);
	}

	/** Resolves when nothing is piped any more, after `timeoutMs`, or when somebody is in a hurry; asked once. */
	done(timeoutMs: number): Promise<void> {
		return new Promise((resolve) => {
			const cancel = this.#options.clock.after(timeoutMs, () => this.#whenDone?.(), { keepAlive: true });
			this.#whenDone = () => {
				cancel();
				resolve();
			};
			if (this.#isHasty || this.#pairs.size === 0) this.#whenDone();
		});
	}

	/** Splices are not waited for. */
	hurry(): void {
		this.#isHasty = true;
		this.#whenDone?.();
	}

	closeAll(goodbye: (isOne: boolean) => Goodbye): void {
		for (const { splice, isOne } of this.#pairs) {
			const { code, reason } = goodbye(isOne);
			splice.close(code, reason);
		}
	}
}

function bothWays({ fromDialler, fromListener }: { fromDialler: Piped; fromListener: Piped }): number {
	return fromDialler.bytes + fromListener.bytes;
}
