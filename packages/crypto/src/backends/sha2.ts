import { wipe } from '../bytes.js';

/** A hash function, with what HMAC has to know of it. */
export interface Hash {
	readonly blockBytes: number;
	/** Of the parts one after the other. */
	digest(...parts: Uint8Array[]): Uint8Array<ArrayBuffer>;
}

// FIPS 180-4 in its names. Its constants are the first bits behind the point of the roots of the first primes: 64 for SHA-512, of which
// SHA-256 takes the first half.
const PRIMES = /* @__PURE__ */ firstPrimes(80);
const K64 = /* @__PURE__ */ PRIMES.map((prime) => fractionOfRoot(prime, 3n));
const H64 = /* @__PURE__ */ PRIMES.slice(0, 8).map((prime) => fractionOfRoot(prime, 2n));
const K32 = /* @__PURE__ */ K64.map(firstHalf);
const H32 = /* @__PURE__ */ H64.map(firstHalf);

type Words32 = [number, number, number, number, number, number, number, number];
type Words64 = [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];

export const sha256: Hash = {
	blockBytes: 64,
	digest(...parts) {
		const message = padded(parts, 64);
		const sums = Uint32Array.from(H32);
		const w = new Uint32Array(64);
		for (let start = 0; start < message.byteLength; start += 64) {
			let [a, b, c, d, e, f, g, h] = [...sums] as Words32;
			for (let t = 0; t < 64; t++) {
				w[t] = t < 16 ? message.getUint32(start + 4 * t) : extended(w, t);
				const first = h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + ((e & f) ^ (~e & g)) + (K32[t] as number) + (w[t] as number);
				const second = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
				[h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
			}
			for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) sums[index] = (sums[index] as number) + word;
		}
		wipe(new Uint8Array(message.buffer), new Uint8Array(w.buffer));
		const digest = new DataView(new ArrayBuffer(32));
		for (const [index, word] of sums.entries()) digest.setUint32(4 * index, word);
		return new Uint8Array(digest.buffer);
	},
};

/** With numbers of any size, and so a hundred times slower: Ed25519 alone needs it, for a few hundred bytes. */
export const sha512: Hash = {
	blockBytes: 128,
	digest(...parts) {
		const message = padded(parts, 128);
		const sums = BigUint64Array.from(H64);
		const w = new BigUint64Array(80);
		for (let start = 0; start < message.byteLength; start += 128) {
			let [a, b, c, d, e, f, g, h] = [...sums] as Words64;
			for (let t = 0; t < 80; t++) {
				w[t] = t < 16 ? message.getBigUint64(start + 8 * t) : extended64(w, t);
				const first = h + (rotated64(e, 14n) ^ rotated64(e, 18n) ^ rotated64(e, 41n)) + ((e & f) ^ (~e & g)) + (K64[t] as bigint) + (w[t] as bigint);
				const second = (rotated64(a, 28n) ^ rotated64(a, 34n) ^ rotated64(a, 39n)) + ((a & b) ^ (a & c) ^ (b & c));
				[h, g, f, e, d, c, b, a] = [g, f, e, BigInt.asUintN(64, d + first), c, b, a, BigInt.asUintN(64, first + second)];
			}
			for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) sums[index] = (sums[index] as bigint) + word;
		}
		wipe(new Uint8Array(message.buffer), new Uint8Array(w.buffer));
		const digest = new DataView(new ArrayBuffer(64));
		for (const [index, word] of sums.entries()) digest.setBigUint64(8 * index, word);
		return new Uint8Array(digest.buffer);
	},
};

/** The parts, a 1, as many zeros as fill the last block, and the length in bits. */
function padded(parts: readonly Uint8Array[], blockBytes: number): DataView {
	const length = parts.reduce((sum, part) => sum + part.length, 0);
	const lengthBytes = blockBytes / 8;
	const message = new Uint8Array(Math.ceil((length + 1 + lengthBytes) / blockBytes) * blockBytes);
	let end = 0;
	for (const part of parts) {
		message.set(part, end);
		end += part.length;
	}
	message[end] = 0x80;
	const view = new DataView(message.buffer);
	view.setBigUint64(message.length - 8, BigInt(length) * 8n);
	return view;
}

function extended(w: Uint32Array, t: number): number {
	const [before, last] = [w[t - 15] as number, w[t - 2] as number];
	const first = rotated(before, 7) ^ rotated(before, 18) ^ (before >>> 3);
	const second = rotated(last, 17) ^ rotated(last, 19) ^ (last >>> 10);
	return (w[t - 16] as number) + first + (w[t - 7] as number) + second;
}

function extended64(w: BigUint64Array, t: number): bigint {
	const [before, last] = [w[t - 15] as bigint, w[t - 2] as bigint];
	const first = rotated64(before, 1n) ^ rotated64(before, 8n) ^ (before >> 7n);
	const second = rotated64(last, 19n) ^ rotated64(last, 61n) ^ (last >> 6n);
	return (w[t - 16] as bigint) + first + (w[t - 7] as bigint) + second;
}

function rotated(word: number, by: number): number {
	return (word >>> by) | (word << (32 - by));
}

function rotated64(word: bigint, by: bigint): bigint {
	return (word >> by) | BigInt.asUintN(64, word << (64n - by));
}

function firstPrimes(count: number): number[] {
	const primes: number[] = [];
	for (let candidate = 2; primes.length < count; candidate++) if (primes.every((prime) => candidate % prime > 0)) primes.push(candidate);
	return primes;
}

/** 64 bits behind the point, by Newton's method from above. */
function fractionOfRoot(prime: number, degree: bigint): bigint {
	const scaled = BigInt(prime) << (64n * degree);
	let root = BigInt(prime) << 64n;
	for (;;) {
		const next = ((degree - 1n) * root + scaled / root ** (degree - 1n)) / degree;
		if (next >= root) return BigInt.asUintN(64, root);
		root = next;
	}
}

function firstHalf(word: bigint): number {
	return Number(word >> 32n);
}
