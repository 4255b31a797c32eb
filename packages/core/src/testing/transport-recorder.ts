import type { Payload } from '../payload.js';
import { platform } from '../platform.js';
import type { CloseInfo, TransportSink } from '../transport.js';

/** A sink that keeps what it was told, and lets a test wait for it without a timer. */
export class TransportRecorder implements TransportSink {
	readonly messages: Payload[] = [];
	readonly closes: CloseInfo[] = [];
	readonly claims: object[] = [];
	/** What came after `closed`: must stay empty. */
	readonly late: string[] = [];
	bytesIn = 0;
	bytesOut = 0;
	drains = 0;
	onMessage: ((payload: Payload) => void) | null = null;
	private waiting: { isDone: () => boolean; resolve: () => void }[] = [];

	message(payload: Payload): void {
		this.note('message');
		this.messages.push(payload);
		this.onMessage?.(payload);
		this.wake();
	}

	drained(): void {
		this.note('drained');
		this.drains++;
		this.wake();
	}

	wire(bytesOut: number, bytesIn: number): void {
		this.bytesOut += bytesOut;
		this.bytesIn += bytesIn;
	}

	claim(socket: object): void {
		this.claims.push(socket);
	}

	closed(info: CloseInfo): void {
		this.note('closed');
		this.closes.push(info);
		this.wake();
	}

	/** Resolves as soon as the condition holds; it is asked after every event. */
	until(isDone: () => boolean): Promise<void> {
		if (isDone()) return Promise.resolve();
		return new Promise((resolve) => this.waiting.push({ isDone, resolve }));
	}

	untilMessages(count: number): Promise<void> {
		return this.until(() => this.messages.length >= count);
	}

	async untilClosed(): Promise<CloseInfo> {
		await this.until(() => this.closes.length > 0);
		return this.closes[0] as CloseInfo;
	}

	private note(event: string): void {
		if (this.closes.length > 0) this.late.push(event);
	}

	private wake(): void {
		const ready = this.waiting.filter(({ isDone }) => isDone());
		this.waiting = this.waiting.filter((waiter) => !ready.includes(waiter));
		for (const { resolve } of ready) resolve();
	}
}

/** Some turns of the event loop: what wrongly comes late has come then. */
export async function turns(count = 5): Promise<void> {
	for (let i = 0; i < count; i++) await new Promise<void>((resolve) => platform.setTimeout(resolve, 0));
}
