import { Buffer } from 'node:buffer';
import {
	createCipheriv,
	createDecipheriv,
	createHmac,
	createPrivateKey,
	createPublicKey,
	diffieHellman,
	type JsonWebKey,
	type KeyObject,
	hash as nodeHash,
	randomBytes,
	sign,
	verify,
} from 'node:crypto';
import { checkLength } from '../bytes.js';
import { decryptFailed, weakKey } from '../failures.js';
import type { Aead, AeadName, HashName, Primitives } from '../primitives.js';
import { isStrictPublicKey, isStrictSignature } from '../strict-ed25519.js';
import { allocate } from './allocate.js';

type Curve = 'X25519' | 'Ed25519';
// Both ciphers are used alike; the declarations of this one demand no more than Node does.
type Gcm = 'aes-256-gcm';

const HASHES: Record<HashName, string> = { SHA256: 'sha256', SHA512: 'sha512', BLAKE2s: 'blake2s256', BLAKE2b: 'blake2b512' };
const TAG_BYTES = 16;
const TAG_LENGTH = { authTagLength: TAG_BYTES };
const NONE = new Uint8Array(0);

/** OpenSSL, by node:crypto. */
export const nodePrimitives: Primitives = {
	name: 'node',
	randomBytes: (length) => plain(randomBytes(length)),
	hash: (name, ...parts) => plain(nodeHash(HASHES[name], (parts.length === 1 ? parts[0] : Buffer.concat(parts)) as Uint8Array, 'buffer')),
	hmac(name, key, ...parts) {
		const hmac = createHmac(HASHES[name], key);
		for (const part of parts) hmac.update(part);
		return plain(hmac.digest());
	},
	x25519: {
		// Not generateKeyPairSync: exporting what it made locks the key, and a garbage collection within locks it again for ever (Node 20).
		generate() {
			const secretKey = plain(randomBytes(32));
			return { publicKey: publicKeyOf('X25519', secretKey), secretKey };
		},
		publicKey: (secretKey) => publicKeyOf('X25519', secretKey),
		shared(secretKey, publicKey) {
			const keys = { privateKey: importSecret('X25519', secretKey), publicKey: importPublic('X25519', publicKey) };
			try {
				return plain(diffieHellman(keys));
			} catch {
				// OpenSSL itself refuses an all-zero result, and nothing else once both keys are imported.
				throw weakKey();
			}
		},
	},
	ed25519: {
		publicKey: (seed) => publicKeyOf('Ed25519', seed),
		sign: (seed, message) => plain(sign(null, message, importSecret('Ed25519', seed))),
		signer(seed) {
			const key = importSecret('Ed25519', seed);
			return (message) => plain(sign(null, message, key));
		},
		verify(publicKey, message, signature) {
			if (!isStrictPublicKey(publicKey) || !isStrictSignature(signature)) return false;
			try {
				return verify(null, message, importPublic('Ed25519', publicKey), signature);
			} catch {
				return false;
			}
		},
	},
	aead(name, key) {
		checkLength(`A key of ${name}`, key, 32);
		return new NodeAead(name, key);
	},
};

class NodeAead implements Aead {
	readonly #name: AeadName;
	readonly #key: Uint8Array;

	constructor(name: AeadName, key: Uint8Array) {
		this.#name = name;
		this.#key = key;
	}

	seal(nonce: Uint8Array, plaintext: Uint8Array, associated = NONE, headroom = 0): Uint8Array {
		checkLength('A nonce', nonce, 12);
		const cipher = createCipheriv(this.#name as Gcm, this.#key, nonce, TAG_LENGTH);
		if (associated.length > 0) cipher.setAAD(associated);
		const sealed = allocate(headroom + plaintext.length + TAG_BYTES, headroom);
		sealed.set(cipher.update(plaintext), headroom);
		cipher.final();
		sealed.set(cipher.getAuthTag(), headroom + plaintext.length);
		return sealed;
	}

	open(nonce: Uint8Array, sealed: Uint8Array, associated = NONE): Uint8Array {
		checkLength('A nonce', nonce, 12);
		const end = sealed.length - TAG_BYTES;
		if (end < 0) throw decryptFailed();
		const decipher = createDecipheriv(this.#name as Gcm, this.#key, nonce, TAG_LENGTH);
		decipher.setAuthTag(sealed.subarray(end));
		if (associated.length > 0) decipher.setAAD(associated);
		const plaintext = plain(decipher.update(sealed.subarray(0, end)));
		try {
			decipher.final();
		} catch {
			throw decryptFailed();
		}
		return plaintext;
	}
}

// Keys go in and out as JWK: by DER it takes OpenSSL ten times as long (275 us against 20 us for a secret one).
// The price is that a secret passes through a string, which cannot be wiped.

function importSecret(curve: Curve, secret: Uint8Array): KeyObject {
	checkLength(`A secret key of ${curve}`, secret, 32);
	// x is demanded but not read: Node computes it.
	const key = jwk(curve, { d: base64Url(secret), x: '' });
	return withoutPool(() => createPrivateKey({ key, format: 'jwk' }));
}

/** Node decodes a JWK into a Buffer, and leaves the secret in the pool that all small ones share, where any of them reaches it by its `buffer`. */
function withoutPool<T>(task: () => T): T {
	const { poolSize } = Buffer;
	Buffer.poolSize = 0;
	try {
		return task();
	} finally {
		Buffer.poolSize = poolSize;
	}
}

function importPublic(curve: Curve, publicKey: Uint8Array): KeyObject {
	checkLength(`A public key of ${curve}`, publicKey, 32);
	return createPublicKey({ key: jwk(curve, { x: base64Url(publicKey) }), format: 'jwk' });
}

function publicKeyOf(curve: Curve, secret: Uint8Array): Uint8Array {
	return fromBase64Url(importSecret(curve, secret).export({ format: 'jwk' }).x);
}

function jwk(crv: Curve, key: JsonWebKey): JsonWebKey {
	return { kty: 'OKP', crv, ...key };
}

function base64Url(bytes: Uint8Array): string {
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
}

function fromBase64Url(text: string | undefined): Uint8Array {
	return new Uint8Array(Buffer.from(text as string, 'base64url'));
}

// A Buffer is no plain Uint8Array: its slice() shares memory, and it prints and compares differently.
function plain(buffer: Buffer): Uint8Array {
	return new Uint8Array(buffer.buffer as ArrayBuffer, buffer.byteOffset, buffer.length);
}
