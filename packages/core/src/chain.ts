import { hasFineClock, systemClock } from './clock.js';
import { codeOf, PluginError } from './errors.js';
import type { Handshake } from './handshake.js';
import { byteLength, type Payload } from './payload.js';
import type { Plugin } from './plugin.js';
import { hub, type PluginCounters } from './probe.js';

/** One place in the chain. While `handshake` is set, frames from the wire stop here. */
export interface Slot {
	readonly plugin: Plugin;
	readonly counters: PluginCounters;
	handshake: Handshake | null;
}

/** Where the two ends of the chain lead, and who hears of a plugin that throws. */
export interface ChainEnds {
	toWire(payload: Payload): boolean;
	toApplication(payload: Payload): void;
	fault(plugin: Plugin, error: unknown): void;
}

// One message in so many is timed: two clock readings a plugin would cost more than the plugin.
const SAMPLE_EVERY = 64;

/**
 * The plugins of one connection, wire side first. A message is one walk over an array, which counts only
 * while somebody listens.
 */
export class Chain {
	/** Replaced, never changed: a walk under way keeps the array it began with. */
	slots: readonly Slot[] = [];
	#holders: readonly Plugin[] = [];
	#walks = 0;
	readonly #ends: ChainEnds;

	constructor(ends: ChainEnds) {
		this.#ends = ends;
	}

	get names(): readonly string[] {
		return this.slots.map((slot) => slot.plugin.name);
	}

	/** @throws PluginError PLUGIN_NOT_FOUND. */
	find(name: string): Slot {
		const slot = this.slots.find((candidate) => candidate.plugin.name === name);
		if (!slot) throw new PluginError('PLUGIN_NOT_FOUND', `no plugin named ${name}; there are: ${this.names.join(', ')}`);
		return slot;
	}

	/**
	 * The index a new plugin takes: nearest the application, or beside an anchor.
	 * @throws PluginError PLUGIN_DUPLICATE, PLUGIN_UNKNOWN_ANCHOR.
	 */
	placeFor(name: string, { before, after }: { before?: string; after?: string }): number {
		const names = this.names;
		if (names.includes(name)) throw new PluginError('PLUGIN_DUPLICATE', `a plugin named ${name} is there already: ${names.join(', ')}`);
		if (before !== undefined && after !== undefined) throw new TypeError('addPlugin takes before or after, not both');
		const anchor = before ?? after;
		if (anchor === undefined) return names.length;
		const index = names.indexOf(anchor);
		if (index < 0) throw new PluginError('PLUGIN_UNKNOWN_ANCHOR', `no plugin named ${anchor} to put ${name} beside; there are: ${names.join(', ')}`);
		if (before !== undefined && index === 0)
			throw new PluginError('PLUGIN_UNKNOWN_ANCHOR', `${name} cannot go before ${anchor}: the transport is the wire's end`);
		return after === undefined ? index : index + 1;
	}

	insert(plugin: Plugin, index: number): Slot {
		const counters = { messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0, nsPerMessage: null };
		const slot: Slot = { plugin, counters, handshake: null };
		this.#replace([...this.slots.slice(0, index), slot, ...this.slots.slice(index)]);
		return slot;
	}

	remove(slot: Slot): void {
		this.#replace(this.slots.filter((other) => other !== slot));
	}

	/** The name of the place directly nearer the wire. */
	below(slot: Slot): string {
		return this.slots[this.slots.indexOf(slot) - 1]?.plugin.name ?? '';
	}

	/** Bytes of outgoing messages that plugins keep to themselves. */
	heldBytes(): number {
		let bytes = 0;
		for (let i = 0; i < this.#holders.length; i++) bytes += (this.#holders[i] as Required<Plugin>).heldBytes();
		return bytes;
	}

	#replace(slots: readonly Slot[]): void {
		this.slots = slots;
		this.#holders = slots.map((slot) => slot.plugin).filter((plugin) => plugin.heldBytes !== undefined);
	}

	/** Application to wire, from the top. @returns false: the transport wants a pause. */
	down(payload: Payload): boolean {
		return this.#walkDown(payload, this.slots.length - 1);
	}

	/** The same from below a plugin's own place; a plugin that was removed sends nothing. */
	downFrom(slot: Slot, payload: Payload): boolean {
		const index = this.slots.indexOf(slot);
		return index > 0 && this.#walkDown(payload, index - 1);
	}

	/** Wire to application, from the bottom. */
	up(payload: Payload): void {
		this.#walkUp(payload, 0);
	}

	/** The same from above a plugin's own place. */
	upFrom(slot: Slot, payload: Payload): void {
		const index = this.slots.indexOf(slot);
		if (index > 0) this.#walkUp(payload, index + 1);
	}

	/** The frames a handshake left unread, through the plugin it established; returns with an empty inbox. */
	replay(slot: Slot): void {
		const handshake = slot.handshake;
		if (handshake === null) return;
		// Frames that arrive meanwhile queue behind those that wait: order is kept.
		for (let frame = handshake.takeUnread(); frame !== undefined; frame = handshake.takeUnread()) {
			slot.counters.messagesIn++;
			slot.counters.bytesIn += byteLength(frame);
			let payload: Payload | null = frame;
			try {
				if (slot.plugin.incoming) payload = slot.plugin.incoming(frame);
			} catch (error) {
				return this.#ends.fault(slot.plugin, error);
			}
			if (payload !== null) this.upFrom(slot, payload);
		}
		slot.handshake = null;
	}

	#walkDown(first: Payload, from: number): boolean {
		const slots = this.slots;
		const counting = hub.active;
		const timed = counting && hasFineClock && this.#isSampled();
		let payload: Payload | null = first;
		let bytes = counting ? byteLength(first) : 0;
		for (let i = from; i >= 0; i--) {
			const { plugin, counters } = slots[i] as Slot;
			if (counting) {
				counters.messagesOut++;
				counters.bytesOut += bytes;
			}
			if (plugin.outgoing === undefined) continue;
			const before: Payload = payload;
			const startMs = timed ? systemClock.now() : 0;
			try {
				payload = plugin.outgoing(before);
			} catch (error) {
				return this.#refuse(plugin, error);
			}
			if (timed) addSample(counters, systemClock.now() - startMs);
			if (payload === null) return true;
			if (counting && payload !== before) bytes = byteLength(payload);
		}
		return this.#ends.toWire(payload);
	}

	#walkUp(first: Payload, from: number): void {
		const slots = this.slots;
		const counting = hub.active;
		const timed = counting && hasFineClock && this.#isSampled();
		let payload: Payload | null = first;
		let bytes = counting ? byteLength(first) : 0;
		for (let i = from; i < slots.length; i++) {
			const { plugin, counters, handshake } = slots[i] as Slot;
			if (handshake !== null) return handshake.push(payload);
			if (counting) {
				counters.messagesIn++;
				counters.bytesIn += bytes;
			}
			if (plugin.incoming === undefined) continue;
			const before: Payload = payload;
			const startMs = timed ? systemClock.now() : 0;
			try {
				payload = plugin.incoming(before);
			} catch (error) {
				return this.#ends.fault(plugin, error);
			}
			if (timed) addSample(counters, systemClock.now() - startMs);
			if (payload === null) return;
			if (counting && payload !== before) bytes = byteLength(payload);
		}
		this.#ends.toApplication(payload);
	}

	/** One message too big or too many is the caller's to hear of and nobody's end; anything else is a fault. */
	#refuse(plugin: Plugin, error: unknown): false {
		const code = codeOf(error);
		if (code === 'MESSAGE_TOO_BIG' || code === 'SEND_QUEUE_FULL') throw error;
		this.#ends.fault(plugin, error);
		return false;
	}

	#isSampled(): boolean {
		return this.#walks++ % SAMPLE_EVERY === SAMPLE_EVERY - 1;
	}
}

// Exponential moving average over roughly the last ten samples.
function addSample(counters: PluginCounters, ms: number): void {
	const ns = ms * 1e6;
	counters.nsPerMessage = counters.nsPerMessage === null ? ns : counters.nsPerMessage * 0.9 + ns * 0.1;
}
