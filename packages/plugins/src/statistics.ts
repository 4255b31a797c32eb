import { byteLength, type Payload, type Plugin, type PluginHost, turnNow } from '@linkscope/core';
import { RateWindow } from './rate-window.js';

export interface StatisticsSnapshot {
	messagesSent: number;
	messagesReceived: number;
	/** Bytes as they pass this place in the chain; UTF-8 for text. */
	bytesSent: number;
	bytesReceived: number;
	/** Both directions, over the last ten seconds. */
	messagesPerSecond: number;
	bytesPerSecond: number;
	/** Milliseconds since the last message each way; null before the first. */
	sinceSentMs: number | null;
	sinceReceivedMs: number | null;
	/** Milliseconds since anything passed, or since the start. */
	idleMs: number;
	/** Milliseconds since the connection became ACTIVE; 0 before. Stands still after the end. */
	uptimeMs: number;
}

/**
 * Counts what passes its place in the chain, for the application to read:
 * `connection.plugin<StatisticsPlugin>('statistics').snapshot()`. No timers; it may join and leave at any time.
 */
export class StatisticsPlugin implements Plugin {
	readonly name = 'statistics';
	readonly observer = true;
	#host: PluginHost | null = null;
	readonly #window = new RateWindow();
	#messagesSent = 0;
	#messagesReceived = 0;
	#bytesSent = 0;
	#bytesReceived = 0;
	#attachedAt = 0;
	#activeAt: number | null = null;
	#lastSentAt: number | null = null;
	#lastReceivedAt: number | null = null;
	#endedAt: number | null = null;

	attach(host: PluginHost): void {
		this.#host = host;
		this.#attachedAt = host.clock.now();
	}

	active(): void {
		this.#activeAt = this.#now();
	}

	outgoing(payload: Payload): Payload {
		const bytes = byteLength(payload);
		this.#messagesSent++;
		this.#bytesSent += bytes;
		this.#lastSentAt = this.#turnNow();
		this.#window.add(this.#lastSentAt, bytes);
		return payload;
	}

	incoming(payload: Payload): Payload {
		const bytes = byteLength(payload);
		this.#messagesReceived++;
		this.#bytesReceived += bytes;
		this.#lastReceivedAt = this.#turnNow();
		this.#window.add(this.#lastReceivedAt, bytes);
		return payload;
	}

	closed(): void {
		this.#endedAt = this.#now();
	}

	/** A fresh plain object; changing it changes nothing inside. */
	snapshot(): StatisticsSnapshot {
		const now = this.#endedAt ?? this.#now();
		const rate = this.#window.perSecond(now, this.#attachedAt);
		return {
			messagesSent: this.#messagesSent,
			messagesReceived: this.#messagesReceived,
			bytesSent: this.#bytesSent,
			bytesReceived: this.#bytesReceived,
			messagesPerSecond: rate.messages,
			bytesPerSecond: rate.bytes,
			sinceSentMs: this.#lastSentAt === null ? null : now - this.#lastSentAt,
			sinceReceivedMs: this.#lastReceivedAt === null ? null : now - this.#lastReceivedAt,
			idleMs: now - Math.max(this.#attachedAt, this.#lastSentAt ?? 0, this.#lastReceivedAt ?? 0),
			uptimeMs: this.#activeAt === null ? 0 : now - this.#activeAt,
		};
	}

	#now(): number {
		return this.#host?.clock.now() ?? 0;
	}

	/** Read once a turn: a reading costs more than all the counting. */
	#turnNow(): number {
		return this.#host ? turnNow(this.#host.clock) : 0;
	}
}
