import { systemClock } from './clock.js';
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
 * The plugins of one connection, wire side first. A message is one walk over an array; counting is a second
 * loop body, taken only while somebody listens.
 */
export class Chain {
	/** Replaced, never changed: a walk under way keeps the array it began with. */
	slots: readonly Slot[] = [];
	private walks = 0;

	constructor(private readonly ends: ChainEnds) {}

	insert(plugin: Plugin, index: number): Slot {
		const counters = { messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0, nsPerMessage: null };
		const slot: Slot = { plugin, counters, handshake: null };
		this.slots = [...this.slots.slice(0, index), slot, ...this.slots.slice(index)];
		return slot;
	}

	remove(slot: Slot): void {
		this.slots = this.slots.filter((other) => other !== slot);
	}

	/** Application to wire, from the top. @returns false: the transport wants a pause. */
	down(payload: Payload): boolean {
		return this.walkDown(payload, this.slots.length - 1);
	}

	/** The same from below a plugin's own place. */
	downFrom(slot: Slot, payload: Payload): boolean {
		return this.walkDown(payload, this.slots.indexOf(slot) - 1);
	}

	/** Wire to application, from the bottom. */
	up(payload: Payload): void {
		this.walkUp(payload, 0);
	}

	/** The same from above a plugin's own place. */
	upFrom(slot: Slot, payload: Payload): void {
		this.walkUp(payload, this.slots.indexOf(slot) + 1);
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
				return this.ends.fault(slot.plugin, error);
			}
			if (payload !== null) this.upFrom(slot, payload);
		}
		slot.handshake = null;
	}

	private walkDown(first: Payload, from: number): boolean {
		if (hub.active) return this.countDown(first, from);
		const slots = this.slots;
		let payload: Payload | null = first;
		for (let i = from; i >= 0; i--) {
			const { plugin } = slots[i] as Slot;
			if (plugin.outgoing === undefined) continue;
			try {
				payload = plugin.outgoing(payload);
			} catch (error) {
				this.ends.fault(plugin, error);
				return false;
			}
			if (payload === null) return true;
		}
		return this.ends.toWire(payload);
	}

	private walkUp(first: Payload, from: number): void {
		if (hub.active) return this.countUp(first, from);
		const slots = this.slots;
		let payload: Payload | null = first;
		for (let i = from; i < slots.length; i++) {
			const slot = slots[i] as Slot;
			if (slot.handshake !== null) return slot.handshake.push(payload);
			if (slot.plugin.incoming === undefined) continue;
			try {
				payload = slot.plugin.incoming(payload);
			} catch (error) {
				return this.ends.fault(slot.plugin, error);
			}
			if (payload === null) return;
		}
		this.ends.toApplication(payload);
	}

	private countDown(first: Payload, from: number): boolean {
		const slots = this.slots;
		const timed = this.isSampled();
		let payload: Payload | null = first;
		let bytes = byteLength(first);
		for (let i = from; i >= 0; i--) {
			const { plugin, counters } = slots[i] as Slot;
			counters.messagesOut++;
			counters.bytesOut += bytes;
			if (plugin.outgoing === undefined) continue;
			const before: Payload = payload;
			const startMs = timed ? systemClock.now() : 0;
			try {
				payload = plugin.outgoing(before);
			} catch (error) {
				this.ends.fault(plugin, error);
				return false;
			}
			if (timed) addSample(counters, systemClock.now() - startMs);
			if (payload === null) return true;
			if (payload !== before) bytes = byteLength(payload);
		}
		return this.ends.toWire(payload);
	}

	private countUp(first: Payload, from: number): void {
		const slots = this.slots;
		const timed = this.isSampled();
		let payload: Payload | null = first;
		let bytes = byteLength(first);
		for (let i = from; i < slots.length; i++) {
			const { plugin, counters, handshake } = slots[i] as Slot;
			if (handshake !== null) return handshake.push(payload);
			counters.messagesIn++;
			counters.bytesIn += bytes;
			if (plugin.incoming === undefined) continue;
			const before: Payload = payload;
			const startMs = timed ? systemClock.now() : 0;
			try {
				payload = plugin.incoming(before);
			} catch (error) {
				return this.ends.fault(plugin, error);
			}
			if (timed) addSample(counters, systemClock.now() - startMs);
			if (payload === null) return;
			if (payload !== before) bytes = byteLength(payload);
		}
		this.ends.toApplication(payload);
	}

	private isSampled(): boolean {
		return this.walks++ % SAMPLE_EVERY === SAMPLE_EVERY - 1;
	}
}

// Exponential moving average over roughly the last ten samples.
function addSample(counters: PluginCounters, ms: number): void {
	const ns = ms * 1e6;
	counters.nsPerMessage = counters.nsPerMessage === null ? ns : counters.nsPerMessage * 0.9 + ns * 0.1;
}
