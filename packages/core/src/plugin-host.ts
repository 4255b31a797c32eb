import type { Slot } from './chain.js';
import type { Clock } from './clock.js';
import type { Payload } from './payload.js';
import type { PluginHost } from './plugin.js';
import type { Note } from './probe.js';
import type { Reporter } from './reporter.js';
import type { Transport } from './transport.js';
import type { Valve } from './valve.js';

/** What a connection does for its plugins, each in its own place. */
export interface HostingConnection {
	readonly id: string;
	readonly clock: Clock;
	readonly initiator: boolean;
	readonly transport: Transport;
	readonly valve: Valve;
	readonly reporter: Reporter;
	below(slot: Slot): string;
	sendDown(slot: Slot, payload: Payload): boolean;
	deliverUp(slot: Slot, payload: Payload): void;
	close(reason?: string): void;
	fail(error: Error): void;
}

/** A class and no literal of closures: a connection has one for each plugin, and ten thousand connections have many. */
export class SlotHost implements PluginHost {
	readonly #connection: HostingConnection;
	readonly #slot: Slot;

	constructor(connection: HostingConnection, slot: Slot) {
		this.#connection = connection;
		this.#slot = slot;
	}

	get connectionId(): string {
		return this.#connection.id;
	}

	get clock(): Clock {
		return this.#connection.clock;
	}

	get initiator(): boolean {
		return this.#connection.initiator;
	}

	get maxMessageBytes(): number {
		return this.#connection.transport.features.maxMessageBytes;
	}

	get below(): string {
		return this.#connection.below(this.#slot);
	}

	sendDown(payload: Payload): boolean {
		return this.#connection.sendDown(this.#slot, payload);
	}

	deliverUp(payload: Payload): void {
		this.#connection.deliverUp(this.#slot, payload);
	}

	opaque(): void {
		this.#connection.transport.opaque?.();
	}

	pause(): void {
		this.#connection.valve.pause(this.#slot);
	}

	resume(): void {
		this.#connection.valve.resume(this.#slot);
	}

	note(note: Note): void {
		this.#connection.reporter.note(note);
	}

	close(reason?: string): void {
		this.#connection.close(reason);
	}

	fail(error: Error): void {
		this.#connection.fail(error);
	}
}
