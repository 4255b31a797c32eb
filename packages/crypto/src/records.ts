import { CryptoError } from './crypto-error.js';
import type { Primitives } from './primitives.js';
import { RecordKey } from './record-key.js';
import { type UpdateLimits, UpdateSchedule } from './record-updates.js';
import type { Suite } from './suites.js';

/** First byte of a record's plaintext. @see docs/protocol.md#records */
export const RecordFlag = { NONE: 0, KEY_UPDATE: 1, CLOSE_NOTIFY: 2, HAND_OVER: 4 } as const;
const ALL_FLAGS = 7;

/** First byte of a record on an ordered transport. */
export const ORDERED_RECORD = 1;
const ORDERED = Uint8Array.of(ORDERED_RECORD);
export const TAG_BYTES = 16;

export interface RecordOptions {
	readonly suite: Suite;
	readonly primitives: Primitives;
	/** 32 bytes of one direction; taken over, and wiped when the epoch is over. */
	readonly key: Uint8Array;
}

/**
 * Seals what one side sends over an ordered transport. Counts by itself, and begins a new key when one has been used enough.
 * After an error nothing more is sealed.
 * @see docs/protocol.md#records
 */
export class RecordSealer {
	#key: RecordKey;
	#counter = 0;
	readonly #updates: UpdateSchedule;

	constructor(options: RecordOptions & { readonly updates?: UpdateLimits }) {
		this.#key = new RecordKey(options.suite, options.primitives, options.key);
		this.#updates = new UpdateSchedule(options.updates);
	}

	/**
	 * @param plaintext flags(1) || items; borrowed, and its flags may be changed.
	 * @param nowMs monotonic milliseconds.
	 * @returns the frame, a fresh array.
	 * @throws CryptoError NONCES_USED_UP.
	 */
	sealRecord(plaintext: Uint8Array, nowMs: number): Uint8Array {
		const frame = this.#seal(plaintext, ORDERED, 1, nowMs);
		frame[0] = ORDERED_RECORD;
		return frame;
	}

	/**
	 * A control message, under the same key and counter.
	 * @param type as inside the JSON.
	 * @returns ciphertext || tag, what travels as `sealed`.
	 * @throws CryptoError NONCES_USED_UP.
	 */
	sealControl(type: string, json: string, flags: number, nowMs: number): Uint8Array {
		const text = encoder.encode(json);
		const plaintext = new Uint8Array(1 + text.length);
		plaintext[0] = flags;
		plaintext.set(text, 1);
		return this.#seal(plaintext, controlData(type), 0, nowMs);
	}

	/** Nothing more will be sealed. */
	wipe(): void {
		this.#key.wipe();
		this.#counter = Number.POSITIVE_INFINITY;
	}

	#seal(plaintext: Uint8Array, associated: Uint8Array, headroom: number, nowMs: number): Uint8Array {
		this.#key.assertUsable(this.#counter);
		const isLast = this.#updates.isDue(plaintext.length, nowMs);
		if (isLast) plaintext[0] = (plaintext[0] as number) | RecordFlag.KEY_UPDATE;
		const sealed = this.#key.cipher.seal(this.#counter++, plaintext, associated, headroom);
		if (isLast) {
			this.#key = nextOf(this.#key);
			this.#counter = 0;
		}
		return sealed;
	}
}

/** Opens what the peer's sealer sealed, in its order. After an error nothing more can be opened. */
export class RecordOpener {
	#key: RecordKey;
	#counter = 0;

	constructor({ suite, primitives, key }: RecordOptions) {
		this.#key = new RecordKey(suite, primitives, key);
	}

	/**
	 * @param frame borrowed, not modified.
	 * @returns flags(1) || items, a fresh array.
	 * @throws CryptoError DECRYPT_FAILED, NONCES_USED_UP, MALFORMED_FRAME.
	 */
	openRecord(frame: Uint8Array): Uint8Array {
		if (frame.length < 2 + TAG_BYTES || frame[0] !== ORDERED_RECORD) throw new CryptoError('MALFORMED_FRAME', 'A binary frame that is no record.');
		return this.#open(frame.subarray(1), ORDERED);
	}

	/**
	 * @param type as outside the JSON; the caller compares it with the one inside.
	 * @throws CryptoError DECRYPT_FAILED, NONCES_USED_UP, MALFORMED_FRAME.
	 */
	openControl(type: string, sealed: Uint8Array): { flags: number; json: string } {
		if (sealed.length < 1 + TAG_BYTES) throw new CryptoError('MALFORMED_FRAME', 'A sealed control message that is too short to be one.');
		const plaintext = this.#open(sealed, controlData(type));
		return { flags: plaintext[0] as number, json: decodeText(plaintext.subarray(1)) };
	}

	/** Nothing more will be opened. */
	wipe(): void {
		this.#key.wipe();
		this.#counter = Number.POSITIVE_INFINITY;
	}

	#open(sealed: Uint8Array, associated: Uint8Array): Uint8Array {
		this.#key.assertUsable(this.#counter);
		const plaintext = this.#key.cipher.open(this.#counter, sealed, associated);
		this.#counter++;
		const flags = flagsOf(plaintext);
		if (flags & RecordFlag.KEY_UPDATE) {
			this.#key = nextOf(this.#key);
			this.#counter = 0;
		}
		return plaintext;
	}
}

/** @throws CryptoError MALFORMED_FRAME for a plaintext without flags, or with one that is not known. */
export function flagsOf(plaintext: Uint8Array): number {
	const flags = plaintext[0];
	if (flags === undefined || flags > ALL_FLAGS) throw new CryptoError('MALFORMED_FRAME', 'A record with unknown flags.');
	return flags;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws CryptoError MALFORMED_FRAME for what is no UTF-8. */
export function decodeText(bytes: Uint8Array): string {
	try {
		return decoder.decode(bytes);
	} catch {
		throw new CryptoError('MALFORMED_FRAME', 'Text that is no UTF-8.');
	}
}

function controlData(type: string): Uint8Array {
	return encoder.encode(`linkscope/1 control ${type}`);
}

function nextOf(key: RecordKey): RecordKey {
	const next = key.next();
	key.wipe();
	return next;
}
