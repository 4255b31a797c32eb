import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { checkLength } from '../bytes.js';
import { decryptFailed, weakKey } from '../failures.js';
import type { Aead, AeadName, HashName, Primitives } from '../primitives.js';
import type { gcm } from './aes.js';
import { ed25519 } from './ed25519.js';
import { hmac } from './hmac.js';
import { writeNumber } from './little-endian.js';
import { montgomeryLadder } from './montgomery-ladder.js';
import { type Hash, sha256 } from './sha2.js';

type Cipher = typeof gcm;
// Browsers prefer ChaCha20, so AES comes when a peer chooses it.
const ciphers: Partial<Record<AeadName, Cipher>> = { 'chacha20-poly1305': chacha20poly1305 as Cipher };
const BASE_POINT = writeNumber(9n);

/**
 * Pure JavaScript: browsers, and wherever there is no node:crypto.
 * @param more hashes besides SHA-256, which is all that the protocols of linkscope speak: a page does without the others.
 */
export function nobleWith(more: Partial<Record<HashName, Hash>>): Primitives {
	const hashes: Partial<Record<HashName, Hash>> = { SHA256: sha256, ...more };
	const known = (name: HashName): Hash => {
		const hash = hashes[name];
		if (!hash) throw new RangeError(`${name} is not among the hashes of this platform: ${Object.keys(hashes).join(', ')}.`);
		return hash;
	};
	return {
		name: 'noble',
		randomBytes,
		hash: (name, ...parts) => known(name).digest(...parts),
		hmac: (name, key, ...parts) => hmac(known(name), key, parts),
		x25519: {
			generate() {
				const secretKey = randomBytes(32);
				return { publicKey: montgomeryLadder(secretKey, BASE_POINT), secretKey };
			},
			publicKey(secretKey) {
				checkLength('A secret key of X25519', secretKey, 32);
				return montgomeryLadder(secretKey, BASE_POINT);
			},
			shared(secretKey, publicKey) {
				checkLength('A secret key of X25519', secretKey, 32);
				checkLength('A public key of X25519', publicKey, 32);
				const shared = montgomeryLadder(secretKey, publicKey);
				if (shared.every((byte) => byte === 0)) throw weakKey();
				return shared;
			},
		},
		ed25519,
		aead(name, key) {
			checkLength(`A key of ${name}`, key, 32);
			const cipher = ciphers[name];
			if (!cipher) throw new TypeError(`${name} is not loaded yet: wait for loadAead('${name}').`);
			return new NobleAead(cipher, key);
		},
		async loadAead(name) {
			ciphers[name] ??= (await import('./aes.js')).gcm;
		},
	};
}

export const noblePrimitives: Primitives = nobleWith({});

function randomBytes(length: number): Uint8Array {
	return crypto.getRandomValues(new Uint8Array(length));
}

class NobleAead implements Aead {
	readonly #cipher: Cipher;
	readonly #key: Uint8Array;

	constructor(cipher: Cipher, key: Uint8Array) {
		this.#cipher = cipher;
		this.#key = key;
	}

	seal(nonce: Uint8Array, plaintext: Uint8Array, associated?: Uint8Array, headroom = 0): Uint8Array {
		checkLength('A nonce', nonce, 12);
		const sealed = this.#cipher(this.#key, nonce, associated).encrypt(plaintext);
		if (headroom === 0) return sealed;
		const framed = new Uint8Array(headroom + sealed.length);
		framed.set(sealed, headroom);
		return framed;
	}

	open(nonce: Uint8Array, sealed: Uint8Array, associated?: Uint8Array): Uint8Array {
		checkLength('A nonce', nonce, 12);
		try {
			return this.#cipher(this.#key, nonce, associated).decrypt(sealed);
		} catch {
			throw decryptFailed();
		}
	}
}
