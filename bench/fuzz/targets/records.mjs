import { aeadSuite, ItemReader, nodePrimitives as primitives, RecordOpener, RecordSealer, UnorderedOpener, UnorderedSealer } from '@linkscope/crypto';
import { isCoded } from './is-coded.mjs';

const suite = aeadSuite('chacha20-poly1305', primitives);
const often = { records: 2, bytes: 2 ** 30, ms: 120_000 };
const options = () => ({ suite, primitives, key: new Uint8Array(32).fill(7) });
const sealed = (plaintext) => new RecordSealer(options()).sealRecord(plaintext, 0);

const plaintexts = [
	Uint8Array.of(0, 0, 0, 0, 0, 5, ...new TextEncoder().encode('hello')),
	Uint8Array.of(0, 1, 0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 120),
	Uint8Array.of(1, 1, 0, 0, 0, 0),
	Uint8Array.of(2),
	Uint8Array.of(0, 1, 0, 0, 4, 0, ...new Uint8Array(1024)),
];

/** What a stranger on the way can do to a frame. @type {import('../fuzz-target.mjs').Target} */
export const record = {
	samples: () => plaintexts.map((plaintext) => sealed(plaintext.slice())),
	run(frame) {
		if (new RecordOpener(options()).openRecord(frame).length !== frame.length - 17) throw new Error('another length came out');
	},
	isExpected: isCoded('MALFORMED_FRAME', 'DECRYPT_FAILED'),
};

/** What a peer that has the keys can put into one. @type {import('../fuzz-target.mjs').Target} */
export const recordItems = {
	samples: () => plaintexts,
	run(plaintext) {
		const items = new ItemReader(new RecordOpener(options()).openRecord(sealed(plaintext.slice())));
		let bytes = 1;
		while (items.hasMore) {
			const item = items.read();
			bytes += 5 + Buffer.byteLength(item);
		}
		if (bytes !== plaintext.length) throw new Error('the items are not all that was in the record');
	},
	isExpected: isCoded('MALFORMED_FRAME'),
};

/** Frames of a transport that loses and reorders, from the first three keys. @type {import('../fuzz-target.mjs').Target} */
export const unorderedRecord = {
	samples() {
		const sealer = new UnorderedSealer({ ...options(), updates: often });
		return plaintexts.map((plaintext) => sealer.sealRecord(plaintext.slice(), 0));
	},
	run: (frame) => void new UnorderedOpener(options()).openRecord(frame),
	isExpected: isCoded('MALFORMED_FRAME', 'DECRYPT_FAILED', 'RECORD_REPLAYED', 'NONCES_USED_UP'),
};
