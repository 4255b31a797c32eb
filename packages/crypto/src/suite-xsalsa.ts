import { type Secretbox, secretbox } from './nacl-secretbox.js';
import type { Primitives } from './primitives.js';
import { type RecordCipher, type Suite, writeCounter } from './suites.js';

/** The suite of NaCl. It takes no associated data, so the nonce is bound to it. */
export function xsalsaSuite(primitives: Primitives): Suite {
	return { name: 'xsalsa20-poly1305', maxRecords: 2 ** 32, cipher: (key) => new XsalsaRecords(secretbox(key), primitives) };
}

class XsalsaRecords implements RecordCipher {
	readonly #box: Secretbox;
	readonly #primitives: Primitives;

	constructor(box: Secretbox, primitives: Primitives) {
		this.#box = box;
		this.#primitives = primitives;
	}

	seal(counter: number, plaintext: Uint8Array, associated: Uint8Array, headroom: number): Uint8Array {
		return this.#box.seal(this.#nonce(counter, associated), plaintext, headroom);
	}

	open(counter: number, sealed: Uint8Array, associated: Uint8Array): Uint8Array {
		return this.#box.open(this.#nonce(counter, associated), sealed);
	}

	#nonce(counter: number, associated: Uint8Array): Uint8Array {
		const nonce = new Uint8Array(24);
		nonce.set(this.#primitives.hash('SHA256', associated).subarray(0, 16));
		writeCounter(new DataView(nonce.buffer), 16, counter);
		return nonce;
	}
}
