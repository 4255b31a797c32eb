/**
 * What every backend provides: node:crypto where there is Node, @noble in browsers, sodium-native where it is installed.
 * Synchronous, because messages flow synchronously. All of them give the same bytes.
 */
export interface Primitives {
	/** 'node', 'noble' or 'sodium'. */
	readonly name: string;
	randomBytes(length: number): Uint8Array;
	hash(name: HashName, ...parts: Uint8Array[]): Uint8Array;
	hmac(name: HashName, key: Uint8Array, ...parts: Uint8Array[]): Uint8Array;
	readonly x25519: X25519;
	readonly ed25519: Ed25519;
	/** @param key 32 bytes, borrowed: whoever wipes it has wiped what was made of it, and uses that no more. */
	aead(name: AeadName, key: Uint8Array): Aead;
	/** Where a page goes without a cipher until somebody chooses it: fetches its code, so that `aead` knows it from then on. */
	loadAead?(name: AeadName): Promise<void>;
}

/** Browsers have SHA256 alone, for the size of the others: no protocol of linkscope speaks them. */
export type HashName = 'SHA256' | 'SHA512' | 'BLAKE2s' | 'BLAKE2b';
export type AeadName = 'chacha20-poly1305' | 'aes-256-gcm';

/** 32 bytes each. */
export interface KeyPair {
	readonly publicKey: Uint8Array;
	readonly secretKey: Uint8Array;
}

/** RFC 7748. */
export interface X25519 {
	generate(): KeyPair;
	publicKey(secretKey: Uint8Array): Uint8Array;
	/** @throws CryptoError WEAK_KEY where the shared secret is all zero (RFC 7748 section 6.1). */
	shared(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
}

/** RFC 8032, strict: canonical encodings, S < L, and no public key of small order. */
export interface Ed25519 {
	/** @param seed 32 bytes, the secret. */
	publicKey(seed: Uint8Array): Uint8Array;
	/** @returns 64 bytes. */
	sign(seed: Uint8Array, message: Uint8Array): Uint8Array;
	/** The same for a seed that signs often, where a backend has to bring it into a form of its own. */
	signer?(seed: Uint8Array): (message: Uint8Array) => Uint8Array;
	/** Never throws: what is no key or no signature is false. */
	verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** One key. A nonce is used once: whoever holds this counts. */
export interface Aead {
	/**
	 * @param nonce 12 bytes.
	 * @param headroom bytes left zero in front, for a frame's own header: what is sealed need not be copied once more.
	 * @returns headroom || ciphertext || tag(16), a fresh array.
	 */
	seal(nonce: Uint8Array, plaintext: Uint8Array, associated?: Uint8Array, headroom?: number): Uint8Array;
	/** @returns the plaintext, a fresh array. @throws CryptoError DECRYPT_FAILED. */
	open(nonce: Uint8Array, sealed: Uint8Array, associated?: Uint8Array): Uint8Array;
}
