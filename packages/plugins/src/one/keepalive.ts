import { ConnectionError, type Payload, type Plugin, type PluginHost, turnNow } from '@linkscope/core';
import { escapeWord, KEEPALIVE, KEEPALIVE_WORDS, unescapeWord } from './words.js';

const SEND_AFTER_MS = 20_000;
const GIVE_UP_AFTER_MS = 25_000;
// A timer this late means that we slept or were throttled: what the peer sent may still wait in the socket. Looked at once more, soon.
const LATE_TIMER_MS = 1_000;

/**
 * The keep-alive of ONE: the string `keepalive` after 20 s without sending; the end after 25 s without receiving, as the other
 * implementations say it (1000 and their reason text), and FAILED with ConnectionError HEARTBEAT_TIMEOUT here. Directly above OneSessionPlugin.
 */
export class OneKeepalivePlugin implements Plugin {
	readonly name = 'one-keepalive';
	#host: PluginHost | null = null;
	#sentAt = 0;
	#receivedAt = 0;
	#cancelSending = (): void => {};
	#cancelWaiting = (): void => {};

	attach(host: PluginHost): void {
		this.#host = host;
	}

	active(): void {
		this.#sentAt = this.#receivedAt = this.#now();
		this.#sendLater(SEND_AFTER_MS);
		this.#waitLonger(GIVE_UP_AFTER_MS);
	}

	outgoing(payload: Payload): Payload {
		this.#sentAt = this.#now();
		return typeof payload === 'string' ? escapeWord(payload, KEEPALIVE_WORDS) : payload;
	}

	incoming(payload: Payload): Payload | null {
		this.#receivedAt = this.#now();
		if (typeof payload !== 'string') return payload;
		return payload === KEEPALIVE ? null : unescapeWord(payload, KEEPALIVE_WORDS);
	}

	closing(): void {
		this.#cancelSending();
	}

	closed(): void {
		this.#cancelSending();
		this.#cancelWaiting();
		this.#host = null;
	}

	#sendLater(ms: number): void {
		this.#cancelSending = this.#after(ms, () => {
			const dueInMs = this.#sentAt + SEND_AFTER_MS - this.#now();
			if (dueInMs > 0) return this.#sendLater(dueInMs);
			this.#sentAt = this.#now();
			// Before it is sent: that may end the connection, and with it the timer.
			this.#sendLater(SEND_AFTER_MS);
			try {
				this.#host?.sendDown(KEEPALIVE);
			} catch (error) {
				this.#host?.fail(error as Error);
			}
		});
	}

	#waitLonger(ms: number, mayBeLate = true): void {
		const dueAt = this.#now() + ms;
		this.#cancelWaiting = this.#after(ms, () => {
			const leftMs = this.#receivedAt + GIVE_UP_AFTER_MS - this.#now();
			if (leftMs > 0) this.#waitLonger(leftMs);
			else if (mayBeLate && this.#now() > dueAt + LATE_TIMER_MS) this.#waitLonger(LATE_TIMER_MS, false);
			else this.#host?.fail(noLifesign());
		});
	}

	#after(ms: number, fn: () => void): () => void {
		return this.#host?.clock.after(ms, fn) ?? (() => {});
	}

	#now(): number {
		return this.#host ? turnNow(this.#host.clock) : 0;
	}
}

function noLifesign(): ConnectionError {
	const error = new ConnectionError('HEARTBEAT_TIMEOUT', `ONE: nothing came for ${GIVE_UP_AFTER_MS} ms: the peer or the way to it is gone`);
	return Object.assign(error, { closeCode: 1000, closeReason: 'Terminate called: Keepalive: No lifesign of the other side' });
}
