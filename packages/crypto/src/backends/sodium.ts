import { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';
import { checkLength } from '../bytes.js';
import { decryptFailed, weakKey } from '../failures.js';
import type { Aead, Ed25519, Primitives, X25519 } from '../primitives.js';
import { isStrictPublicKey, isStrictSignature } from '../strict-ed25519.js';
import { allocate } from './allocate.js';
import { nodePrimitives } from './node.js';

/** What is used of sodium-native. Its functions write into their first argument and throw, or return false, where libsodium says no. */
interface Sodium {
	randombytes_buf(bytes: Uint8Array): void;
	crypto_aead_chacha20poly1305_ietf_encrypt(
		sealed: Uint8Array,
		plaintext: Uint8Array,
		associated: Uint8Array | null,
		none: null,
		nonce: Uint8Array,
		key: Uint8Array,
	): void;
	crypto_aead_chacha20poly1305_ietf_decrypt(
		plaintext: Uint8Array,
		none: null,
		sealed: Uint8Array,
		associated: Uint8Array | null,
		nonce: Uint8Array,
		key: Uint8Array,
	): void;
	crypto_scalarmult(shared: Uint8Array, secretKey: Uint8Array, publicKey: Uint8Array): void;
	crypto_scalarmult_base(publicKey: Uint8Array, secretKey: Uint8Array): void;
	crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void;
	crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void;
	crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
}

const TAG_BYTES = 16;
// Fits 'linkscope' in the equation with the cofactor and not in the one without (RFC 8032 section 5.1.7 allows both).
const COFACTOR_ONLY = {
	publicKey: 'c9a3f86aae465f0e56513864510f3997561fa2c9e85ea21dc2292309f3cd6022',
	signature: '08e8461bace82b50af65402ff1cad3d2399afe459544096a7f106c54fc875d42cede9ee4a87eb34f2539e3d7a8f7dcd710499892f070459536c538e9f4d72108',
};
// Measured: calling libsodium costs a third of calling OpenSSL, but OpenSSL seals and opens twice the bytes a second.
const LARGE_BYTES = 8192;

/** node:crypto with libsodium where that is faster; null where sodium-native is not installed or does not load. */
export function loadSodiumPrimitives(): Primitives | null {
	try {
		// Not an import: it may be missing, and no bundler shall look for it.
		return sodiumPrimitives(createRequire(import.meta.url)('sodium-native'));
	} catch {
		return null;
	}
}

function sodiumPrimitives(sodium: Sodium): Primitives {
	const { hash, hmac } = nodePrimitives;
	// A tenth of the price of node:crypto's, and the same source: the kernel.
	const randomBytes = (length: number) => {
		const bytes = new Uint8Array(length);
		sodium.randombytes_buf(bytes);
		return bytes;
	};
	return {
		name: 'sodium',
		hash,
		hmac,
		randomBytes,
		x25519: x25519Of(sodium, randomBytes),
		ed25519: ed25519Of(sodium),
		aead(name, key) {
			const node = nodePrimitives.aead(name, key);
			return name === 'chacha20-poly1305' ? new SodiumAead(sodium, node, key) : node;
		},
	};
}

function x25519Of(sodium: Sodium, randomBytes: Primitives['randomBytes']): X25519 {
	const publicKey = (secretKey: Uint8Array) => {
		checkLength('A secret key of X25519', secretKey, 32);
		const point = new Uint8Array(32);
		sodium.crypto_scalarmult_base(point, secretKey);
		return point;
	};
	return {
		publicKey,
		generate() {
			const secretKey = randomBytes(32);
			return { publicKey: publicKey(secretKey), secretKey };
		},
		shared(secretKey, theirs) {
			checkLength('A secret key of X25519', secretKey, 32);
			checkLength('A public key of X25519', theirs, 32);
			const shared = new Uint8Array(32);
			try {
				sodium.crypto_scalarmult(shared, secretKey, theirs);
			} catch {
				throw weakKey();
			}
			return shared;
		},
	};
}

function ed25519Of(sodium: Sodium): Ed25519 {
	const pair = (seed: Uint8Array) => {
		checkLength('A seed of Ed25519', seed, 32);
		const [publicKey, secretKey] = [new Uint8Array(32), new Uint8Array(64)];
		sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed);
		return { publicKey, secretKey };
	};
	const verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => {
		if (!isStrictPublicKey(publicKey) || !isStrictSignature(signature)) return false;
		return sodium.crypto_sign_verify_detached(signature, message, publicKey);
	};
	return {
		// Should a libsodium of another version judge otherwise, then all backends still judge alike.
		verify: takesCofactor(sodium) ? nodePrimitives.ed25519.verify : verify,
		publicKey(seed) {
			const { publicKey, secretKey } = pair(seed);
			secretKey.fill(0);
			return publicKey;
		},
		sign(seed, message) {
			const { secretKey } = pair(seed);
			const signature = new Uint8Array(64);
			sodium.crypto_sign_detached(signature, message, secretKey);
			secretKey.fill(0);
			return signature;
		},
	};
}

function takesCofactor(sodium: Sodium): boolean {
	const [signature, publicKey] = [Buffer.from(COFACTOR_ONLY.signature, 'hex'), Buffer.from(COFACTOR_ONLY.publicKey, 'hex')];
	return sodium.crypto_sign_verify_detached(signature, Buffer.from('linkscope'), publicKey);
}

class SodiumAead implements Aead {
	readonly #sodium: Sodium;
	readonly #node: Aead;
	readonly #key: Uint8Array;

	constructor(sodium: Sodium, node: Aead, key: Uint8Array) {
		this.#sodium = sodium;
		this.#node = node;
		this.#key = key;
	}

	seal(nonce: Uint8Array, plaintext: Uint8Array, associated: Uint8Array | null = null, headroom = 0): Uint8Array {
		if (plaintext.length > LARGE_BYTES) return this.#node.seal(nonce, plaintext, associated ?? undefined, headroom);
		checkLength('A nonce', nonce, 12);
		const framed = allocate(headroom + plaintext.length + TAG_BYTES, headroom);
		const sealed = headroom === 0 ? framed : framed.subarray(headroom);
		this.#sodium.crypto_aead_chacha20poly1305_ietf_encrypt(sealed, plaintext, associated, null, nonce, this.#key);
		return framed;
	}

	open(nonce: Uint8Array, sealed: Uint8Array, associated: Uint8Array | null = null): Uint8Array {
		if (sealed.length > LARGE_BYTES) return this.#node.open(nonce, sealed, associated ?? undefined);
		checkLength('A nonce', nonce, 12);
		if (sealed.length < TAG_BYTES) throw decryptFailed();
		// Memory of its own: it is handed to the application, which can reach all of what is behind it.
		const plaintext = new Uint8Array(sealed.length - TAG_BYTES);
		try {
			this.#sodium.crypto_aead_chacha20poly1305_ietf_decrypt(plaintext, null, sealed, associated, nonce, this.#key);
		} catch {
			throw decryptFailed();
		}
		return plaintext;
	}
}
