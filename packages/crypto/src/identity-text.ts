import { encodeBase64url } from './base64url.js';
import { equalBytes, wipe } from './bytes.js';
import { bytesField, type ControlObject, parseControlJson } from './control-json.js';
import { CryptoError } from './crypto-error.js';
import { createIdentity, type Identity, seedOf } from './identity.js';
import type { Aead, Primitives } from './primitives.js';

const TYPE = 'linkscope identity';
// RFC 7914: 32 MiB and some 100 ms for each guess. The name stands in the text, so that a later version may take more.
const KDF = 'scrypt-32768-8-1';
const SCRYPT = { N: 2 ** 15, r: 8, p: 1, dkLen: 32 };
const SALT_BYTES = 16;
const SEED_BYTES = 32;
const TAG_BYTES = 16;
// A key that seals once needs no other nonce: the salt makes it new each time.
const NONCE = new Uint8Array(12);

export interface IdentityTextOptions {
	/** Protects the text. Without one whoever reads the text is the identity. */
	passphrase?: string;
}

/**
 * An identity as one line of JSON, to be kept in a file or a store.
 * @throws TypeError for an identity that `createIdentity` did not make.
 */
export async function exportIdentity(primitives: Primitives, identity: Identity, options: IdentityTextOptions = {}): Promise<string> {
	const seed = seedOf(identity);
	const key = encodeBase64url(identity.publicKey);
	try {
		if (options.passphrase === undefined) return JSON.stringify({ type: TYPE, v: 1, key, seed: encodeBase64url(seed) });
		const salt = primitives.randomBytes(SALT_BYTES);
		const aead = await passphraseKey(primitives, options.passphrase, salt);
		const sealed = aead.seal(NONCE, seed, identity.publicKey);
		return JSON.stringify({ type: TYPE, v: 1, key, kdf: KDF, salt: encodeBase64url(salt), sealed: encodeBase64url(sealed) });
	} finally {
		wipe(seed);
	}
}

/**
 * Reads what `exportIdentity` wrote.
 * @throws CryptoError IDENTITY_MALFORMED where the text is none of those, IDENTITY_PASSPHRASE where the passphrase is missing, wrong or not asked for.
 */
export async function importIdentity(primitives: Primitives, text: string, options: IdentityTextOptions = {}): Promise<Identity> {
	const stored = parse(text);
	const seed = 'sealed' in stored ? await unseal(primitives, stored, options.passphrase) : stored.seed;
	try {
		if (!('sealed' in stored) && options.passphrase !== undefined) {
			throw wrongPassphrase('a passphrase was given, but the text is not protected by one; import it without, then export it with one');
		}
		const identity = createIdentity(primitives, seed);
		if (!equalBytes(identity.publicKey, stored.publicKey)) throw malformed('its secret does not belong to its public key');
		return identity;
	} finally {
		wipe(seed);
	}
}

interface PlainIdentity {
	publicKey: Uint8Array;
	seed: Uint8Array;
}

interface SealedIdentity {
	publicKey: Uint8Array;
	salt: Uint8Array;
	sealed: Uint8Array;
}

function parse(text: string): PlainIdentity | SealedIdentity {
	try {
		return read(parseControlJson(text));
	} catch (error) {
		throw malformed((error as Error).message);
	}
}

function read(stored: ControlObject): PlainIdentity | SealedIdentity {
	if (stored.type !== TYPE || stored.v !== 1) throw new TypeError(`expected type "${TYPE}" and v 1`);
	const publicKey = bytesField(stored, 'key', 32);
	if (stored.kdf === undefined) return { publicKey, seed: bytesField(stored, 'seed', SEED_BYTES) };
	if (stored.kdf !== KDF) throw new TypeError(`expected kdf "${KDF}"`);
	return { publicKey, salt: bytesField(stored, 'salt', SALT_BYTES), sealed: bytesField(stored, 'sealed', SEED_BYTES + TAG_BYTES) };
}

async function unseal(primitives: Primitives, stored: SealedIdentity, passphrase: string | undefined): Promise<Uint8Array> {
	if (passphrase === undefined) throw wrongPassphrase('this identity is protected by a passphrase, and none was given');
	const aead = await passphraseKey(primitives, passphrase, stored.salt);
	try {
		return aead.open(NONCE, stored.sealed, stored.publicKey);
	} catch {
		throw wrongPassphrase('the passphrase is wrong, or the text was changed');
	}
}

async function passphraseKey(primitives: Primitives, passphrase: string, salt: Uint8Array): Promise<Aead> {
	if (passphrase === '') throw new RangeError('passphrase must not be empty; leave it out to protect nothing');
	// Loaded when needed: most pages never do.
	const { scryptAsync } = await import('@noble/hashes/scrypt.js');
	// NFKC: the same passphrase typed on another platform is the same bytes (RFC 8265).
	const key = await scryptAsync(passphrase.normalize('NFKC'), salt, SCRYPT);
	return primitives.aead('chacha20-poly1305', key);
}

function malformed(what: string): CryptoError {
	return new CryptoError('IDENTITY_MALFORMED', `this is no identity that linkscope exported: ${what}`);
}

function wrongPassphrase(what: string): CryptoError {
	return new CryptoError('IDENTITY_PASSPHRASE', what);
}
