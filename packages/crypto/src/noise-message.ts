import { CryptoError } from './crypto-error.js';
import type { Token } from './noise-patterns.js';

/** One handshake message in its parts; on a wire of bytes they follow each other: messageBytes(). */
export interface NoiseMessage {
	/** The ephemeral public key, 32 bytes. */
	readonly e?: Uint8Array;
	/** The static public key, 32 bytes, or 48 where it is sealed. */
	readonly s?: Uint8Array;
	/** Sealed (16 bytes longer) as soon as there is a key. */
	readonly payload: Uint8Array;
}

// Noise section 3: no message is longer.
const MAX_MESSAGE_BYTES = 65535;
const KEY_BYTES = 32;
const TAG_BYTES = 16;

/** The parts of a message one after the other, as Noise itself sends them. */
export function messageBytes({ e, s, payload }: NoiseMessage): Uint8Array {
	const joined = new Uint8Array((e?.length ?? 0) + (s?.length ?? 0) + payload.length);
	if (e) joined.set(e);
	if (s) joined.set(s, e?.length ?? 0);
	joined.set(payload, joined.length - payload.length);
	return joined;
}

/** Where a handshake stands. */
export interface NextMessage {
	readonly tokens: readonly Token[];
	/** Whether there is a key before the first token. */
	readonly sealing: boolean;
	/** Whether an ephemeral key makes a key by itself, as it does beside a pre-shared one. */
	readonly saltedByE: boolean;
}

/**
 * Takes a message that came in one piece apart.
 * @param next of the handshake that is to read it.
 * @throws CryptoError MALFORMED_FRAME where it is too short or too long.
 */
export function parseMessage(bytes: Uint8Array, { tokens, sealing, saltedByE }: NextMessage): NoiseMessage {
	if (bytes.length > MAX_MESSAGE_BYTES) throw malformed(`A handshake message has at most ${MAX_MESSAGE_BYTES} bytes, not ${bytes.length}.`);
	let sealed = sealing;
	let offset = 0;
	const take = (length: number) => {
		offset += length;
		return bytes.subarray(offset - length, offset);
	};
	let e: Uint8Array | undefined;
	let s: Uint8Array | undefined;
	for (const token of tokens) {
		if (token === 'e') e = take(KEY_BYTES);
		else if (token === 's') s = take(staticBytes(sealed));
		sealed ||= token === 'e' ? saltedByE : token !== 's';
	}
	const least = offset + (sealed ? TAG_BYTES : 0);
	if (bytes.length < least) throw malformed(`This handshake message has at least ${least} bytes, not ${bytes.length}.`);
	return { e, s, payload: bytes.subarray(offset) };
}

/** @throws CryptoError MALFORMED_FRAME where there is no such part, or of another length. */
export function ephemeralOf({ e }: NoiseMessage): Uint8Array {
	return sized(e, 'e', KEY_BYTES);
}

/** @throws CryptoError MALFORMED_FRAME where there is no such part, or of another length. */
export function staticOf({ s }: NoiseMessage, sealed: boolean): Uint8Array {
	return sized(s, 's', staticBytes(sealed));
}

function staticBytes(sealed: boolean): number {
	return KEY_BYTES + (sealed ? TAG_BYTES : 0);
}

function sized(bytes: Uint8Array | undefined, name: string, length: number): Uint8Array {
	if (bytes?.length !== length) throw malformed(`Part ${name} of this handshake message has ${length} bytes, not ${bytes?.length ?? 0}.`);
	return bytes;
}

function malformed(message: string): CryptoError {
	return new CryptoError('MALFORMED_FRAME', message);
}
