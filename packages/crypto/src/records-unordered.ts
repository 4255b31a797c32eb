import { CryptoError } from './crypto-error.js';
import { RecordKey } from './record-key.js';
import { type UpdateLimits, UpdateSchedule } from './record-updates.js';
import { flagsOf, RecordFlag, type RecordOptions, TAG_BYTES } from './records.js';
import { ReplayWindow, WINDOW_RECORDS } from './replay-window.js';
import { writeCounter } from './suites.js';

/** First byte of a record on an unordered transport: then epoch(u32) and counter(u64). */
export const UNORDERED_RECORD = 2;
const HEADER_BYTES = 13;
/** So many epochs may be lost whole: a sender of few records ends one every 120 seconds. */
const EPOCHS_AHEAD = 8;

/** Seals for a transport that may lose, repeat and reorder: epoch and counter stand in front of each record. */
export class UnorderedSealer {
	#key: RecordKey;
	#epoch = 0;
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
		this.#key.assertUsable(this.#counter);
		const isLast = this.#updates.isDue(plaintext.length, nowMs);
		if (isLast) plaintext[0] = (plaintext[0] as number) | RecordFlag.KEY_UPDATE;
		const header = headerOf(this.#epoch, this.#counter);
		const frame = this.#key.cipher.seal(this.#counter++, plaintext, header, HEADER_BYTES);
		frame.set(header);
		if (isLast) this.#turn();
		return frame;
	}

	#turn(): void {
		const next = this.#key.next();
		this.#key.wipe();
		this.#key = next;
		this.#epoch++;
		this.#counter = 0;
	}
}

interface Epoch {
	readonly number: number;
	readonly key: RecordKey;
	readonly seen: ReplayWindow;
}

/**
 * Opens what an UnorderedSealer sealed, in any order, each record once. A record that does not open changes nothing:
 * the caller drops it and counts.
 */
export class UnorderedOpener {
	/** The current one last; before it the previous one, until a window of the new records has come. */
	#epochs: readonly Epoch[];
	#openedInEpoch = 0;

	constructor({ suite, primitives, key }: RecordOptions) {
		this.#epochs = [{ number: 0, key: new RecordKey(suite, primitives, key), seen: new ReplayWindow() }];
	}

	/**
	 * @param frame borrowed, not modified.
	 * @returns flags(1) || items, a fresh array.
	 * @throws CryptoError MALFORMED_FRAME, RECORD_REPLAYED for a counter that was seen or is too old, DECRYPT_FAILED.
	 */
	openRecord(frame: Uint8Array): Uint8Array {
		if (frame.length < HEADER_BYTES + 1 + TAG_BYTES || frame[0] !== UNORDERED_RECORD)
			throw new CryptoError('MALFORMED_FRAME', 'A binary frame that is no record.');
		const view = new DataView(frame.buffer, frame.byteOffset);
		const number = view.getUint32(1);
		const counter = view.getUint32(5) * 2 ** 32 + view.getUint32(9);
		const epochs = this.#epochsFor(number);
		const epoch = epochs.find((each) => each.number === number);
		if (!epoch?.seen.isFresh(counter)) throw new CryptoError('RECORD_REPLAYED', 'A record that was seen before, or is too old to tell.');
		if (!epoch.key.isUsable(counter)) throw new CryptoError('DECRYPT_FAILED', 'A counter that no record of this key has.');
		const plaintext = epoch.key.cipher.open(counter, frame.subarray(HEADER_BYTES), frame.subarray(0, HEADER_BYTES));
		flagsOf(plaintext);
		epoch.seen.add(counter);
		this.#keep(epochs);
		if (epoch === this.#epochs.at(-1) && ++this.#openedInEpoch >= WINDOW_RECORDS) this.#keep([epoch]);
		return plaintext;
	}

	/** The last two epochs as they would be: one ahead is derived on trial, and kept only when a record opens under it. */
	#epochsFor(number: number): readonly Epoch[] {
		let epochs = this.#epochs;
		const ahead = number - (epochs.at(-1) as Epoch).number;
		if (ahead > EPOCHS_AHEAD) return [];
		for (let i = 0; i < ahead; i++) {
			const last = epochs.at(-1) as Epoch;
			epochs = [last, { number: last.number + 1, key: last.key.next(), seen: new ReplayWindow() }];
		}
		return epochs;
	}

	#keep(epochs: readonly Epoch[]): void {
		if (epochs === this.#epochs) return;
		if (epochs.at(-1) !== this.#epochs.at(-1)) this.#openedInEpoch = 0;
		for (const epoch of this.#epochs) if (!epochs.includes(epoch)) epoch.key.wipe();
		this.#epochs = epochs;
	}
}

function headerOf(epoch: number, counter: number): Uint8Array {
	const header = new Uint8Array(HEADER_BYTES);
	const view = new DataView(header.buffer);
	header[0] = UNORDERED_RECORD;
	view.setUint32(1, epoch);
	writeCounter(view, 5, counter);
	return header;
}
