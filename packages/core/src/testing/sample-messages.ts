import type { Payload } from '../payload.js';

/** A repeatable stream of numbers from 0 to below 1 (mulberry32): a failure can be run again. */
export function seededRandom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

const KIB = 1024;

/** Text and bytes of 0, 1, 100, 70 Ki and 1 Mi, easy and hard to compress, in one and in more bytes a character. */
export function sampleMessages(): Payload[] {
	const random = seededRandom(1);
	return [0, 1, 100, 70 * KIB, KIB * KIB].flatMap((size) => [
		'a'.repeat(size),
		'grüße 🙂\u2028'
			.repeat(Math.ceil(size / 16))
			.slice(0, size)
			.replace(/[\ud800-\udbff]$/, '?'),
		new Uint8Array(size),
		noise(size, random),
	]);
}

/** Many small messages and a few large ones, text and bytes mixed. */
export function mixedMessages(count: number, seed: number): Payload[] {
	const random = seededRandom(seed);
	return Array.from({ length: count }, (_, i) => {
		const size = Math.floor(random() < 0.1 ? random() * 100 * KIB : random() * 400);
		const pick = random();
		if (pick < 0.4) return `${i}:${'text '.repeat(size / 5)}`;
		return pick < 0.7 ? new Uint8Array(size).fill(i) : noise(size, random);
	});
}

/** Frames a hostile peer might make of honest ones: cut, extended, with one character or byte changed, twice, or of the other kind. */
export function damaged(frame: Payload, random: () => number): Payload[] {
	const at = Math.floor(random() * frame.length);
	if (typeof frame === 'string') {
		const changed = frame.slice(0, at) + String.fromCharCode(Math.floor(random() * 0x7f)) + frame.slice(at + 1);
		return [frame.slice(0, at), frame.slice(0, 2), frame.slice(0, 3), `${frame}x`, changed, Uint8Array.from(frame.slice(0, 100), (c) => c.charCodeAt(0))];
	}
	const changed = frame.slice();
	if (at < changed.length) changed[at] = Math.floor(random() * 256);
	const extended = new Uint8Array(frame.length + 1);
	extended.set(frame);
	return [frame.slice(0, at), frame.slice(0, 2), frame.slice(0, 3), extended, changed, String.fromCharCode(...frame.subarray(0, 100))];
}

function noise(size: number, random: () => number): Uint8Array {
	return Uint8Array.from({ length: size }, () => random() * 256);
}
