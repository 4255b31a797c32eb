import type { Aead, AeadName, Primitives } from './primitives.js';

export type SuiteName = AeadName | 'xsalsa20-poly1305';

/** How the records of a session are sealed. */
export interface Suite {
	readonly name: SuiteName;
	/** No key seals or opens more records than this. */
	readonly maxRecords: number;
	/** @param key 32 bytes. */
	cipher(key: Uint8Array): RecordCipher;
}

/** One key, in one direction. The nonce is made of the counter, so whoever holds this never uses one twice. */
export interface RecordCipher {
	/** @returns headroom || ciphertext || tag(16), a fresh array. */
	seal(counter: number, plaintext: Uint8Array, associated: Uint8Array, headroom: number): Uint8Array;
	/** @returns the plaintext, a fresh array. @throws CryptoError DECRYPT_FAILED. */
	open(counter: number, sealed: Uint8Array, associated: Uint8Array): Uint8Array;
}

// docs/protocol.md#records: AES-GCM wears out sooner (RFC 8446 section 5.5).
const MAX_RECORDS: Record<AeadName, number> = { 'chacha20-poly1305': 2 ** 32, 'aes-256-gcm': 2 ** 20 };

const known = /* @__PURE__ */ new WeakMap<Primitives, Partial<Record<AeadName, Suite>>>();

/** One for all connections of a backend. */
export function aeadSuite(name: AeadName, primitives: Primitives): Suite {
	const suites = known.get(primitives) ?? {};
	known.set(primitives, suites);
	suites[name] ??= { name, maxRecords: MAX_RECORDS[name], cipher: (key) => new AeadRecords(primitives.aead(name, key)) };
	return suites[name];
}

// One for all keys: it is written and used within a call, and a connection has up to four keys.
const nonce = /* @__PURE__ */ new Uint8Array(12);
const nonceView = /* @__PURE__ */ new DataView(nonce.buffer);

class AeadRecords implements RecordCipher {
	readonly #aead: Aead;

	constructor(aead: Aead) {
		this.#aead = aead;
	}

	seal(counter: number, plaintext: Uint8Array, associated: Uint8Array, headroom: number): Uint8Array {
		writeCounter(nonceView, 4, counter);
		return this.#aead.seal(nonce, plaintext, associated, headroom);
	}

	open(counter: number, sealed: Uint8Array, associated: Uint8Array): Uint8Array {
		writeCounter(nonceView, 4, counter);
		return this.#aead.open(nonce, sealed, associated);
	}
}

/** 64 bits, big endian. */
export function writeCounter(view: DataView, offset: number, counter: number): void {
	view.setUint32(offset, Math.floor(counter / 2 ** 32));
	view.setUint32(offset + 4, counter >>> 0);
}
