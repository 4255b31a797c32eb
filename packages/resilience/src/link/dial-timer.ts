import type { Unsubscribe } from '@linkscope/core';
import type { CheckedLinkOptions } from './link-options.js';

// What a platform says of its network may be wrong, and a server on this machine needs none.
const OFFLINE_RETRY_MS = 30_000;

/** Waits until it is time to dial: for the backoff, and for the network. */
export class DialTimer {
	readonly #options: Pick<CheckedLinkOptions, 'clock' | 'network'>;
	readonly #dial: (fastPath: boolean) => void;
	#cancelWait: Unsubscribe | null = null;
	#isSettling = false;
	#leaveNetwork = (): void => {};

	constructor(options: Pick<CheckedLinkOptions, 'clock' | 'network'>, dial: (fastPath: boolean) => void) {
		this.#options = options;
		this.#dial = dial;
	}

	get isWaiting(): boolean {
		return this.#cancelWait !== null;
	}

	/** It is a fast path that waits, for nothing but the other side to settle. */
	get isSettling(): boolean {
		return this.#isSettling;
	}

	/** From here on the network is watched: when it is back, or we wake up, what was waited for is over. */
	watch(): void {
		const { network } = this.#options;
		const undo = network?.subscribe((change) => {
			const isNews = change.kind === 'suspended' || change.online;
			if (isNews && this.isWaiting && network.status.online) this.#now(false);
		});
		if (undo) this.#leaveNetwork = undo;
	}

	set(delayMs: number, fastPath: boolean): void {
		if (delayMs === 0) return this.#due(fastPath);
		this.#wait(delayMs, () => this.#due(fastPath));
		this.#isSettling = fastPath;
	}

	cancel(): void {
		this.#cancelWait?.();
		this.#cancelWait = null;
		this.#isSettling = false;
	}

	close(): void {
		this.cancel();
		this.#leaveNetwork();
	}

	#due(fastPath: boolean): void {
		if (this.#options.network?.status.online !== false) return this.#now(fastPath);
		this.#isSettling = false;
		this.#wait(OFFLINE_RETRY_MS, () => this.#now(fastPath));
	}

	#now(fastPath: boolean): void {
		this.cancel();
		this.#dial(fastPath);
	}

	#wait(ms: number, then: () => void): void {
		// An application whose only work is a link must not end while that waits for its server.
		this.#cancelWait = this.#options.clock.after(ms, then, { keepAlive: true });
	}
}
