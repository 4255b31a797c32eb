import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { type CHash, randomBytes } from '@noble/hashes/utils.js';
import { checkLength } from '../bytes.js';
import { decryptFailed, weakKey } from '../failures.js';
import type { Aead, AeadName, HashName, Primitives } from '../primitives.js';
import type { gcm } from './aes.js';
import { ed25519 } from './ed25519.js';
import { x25519 } from './x25519.js';

type Cipher = typeof gcm;
// Browsers prefer ChaCha20, so AES comes when a peer chooses it.
const ciphers: Partial<Record<AeadName, Cipher>> = { 'chacha20-poly1305': chacha20poly1305 as Cipher };

/**
 * Pure JavaScript: browsers, and wherever there is no node:crypto.
 * @param more hashes besides SHA-256, which is all that the protocols of linkscope speak: a page does without the others.
 */
export function nobleWith(more: Partial<Record<HashName, CHash>>): Primitives {
	const hashes: Partial<Record<HashName, CHash>> = { SHA256: sha256, ...more };
	const known = (name: HashName): CHash => {
		const hash = hashes[name];
		if (!hash) throw new RangeError(`${name} is not among the hashes of this platform: ${Object.keys(hashes).join(', ')}.`);
		return hash;
	};
	return {
		name: 'noble',
		randomBytes: (length) => randomBytes(length),
		hash(name, ...parts) {
			const hash = known(name).create();
			for (const part of parts) hash.update(part);
			return hash.digest();
		},
		hmac(name, key, ...parts) {
			const mac = hmac.create(known(name), key);
			for (const part of parts) mac.update(part);
			return mac.digest();
		},
		x25519: {
			generate() {
				const secretKey = randomBytes(32);
				return { publicKey: x25519.getPublicKey(secretKey), secretKey };
			},
			publicKey(secretKey) {
				checkLength('A secret key of X25519', secretKey, 32);
				return x25519.getPublicKey(secretKey);
			},
			shared(secretKey, publicKey) {
				checkLength('A secret key of X25519', secretKey, 32);
				checkLength('A public key of X25519', publicKey, 32);
				try {
					return x25519.getSharedSecret(secretKey, publicKey);
				} catch {
					// Of the right lengths, so it is the all-zero result that the library refuses.
					throw weakKey();
				}
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
