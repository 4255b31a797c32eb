import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { noblePrimitives } from './backends/noble.js';
import { nodePrimitives } from './backends/node.js';
import { secretbox } from './nacl-secretbox.js';
import { ItemReader, writeItem } from './record-items.js';
import { UPDATE_LIMITS } from './record-updates.js';
import { RecordFlag, RecordOpener, type RecordOptions, RecordSealer } from './records.js';
import { UnorderedOpener, UnorderedSealer } from './records-unordered.js';
import { WINDOW_RECORDS } from './replay-window.js';
import { xsalsaSuite } from './suite-xsalsa.js';
import { aeadSuite, type Suite } from './suites.js';

const primitives = nodePrimitives;
await noblePrimitives.loadAead?.('aes-256-gcm');
const chacha = aeadSuite('chacha20-poly1305', primitives);
const suites = [
	chacha,
	aeadSuite('aes-256-gcm', primitives),
	aeadSuite('chacha20-poly1305', noblePrimitives),
	aeadSuite('aes-256-gcm', noblePrimitives),
	xsalsaSuite(primitives),
];
const often = { ...UPDATE_LIMITS, records: 4 };

function options(suite: Suite = chacha): RecordOptions {
	return { suite, primitives, key: new Uint8Array(32).fill(7) };
}

function record(text: string, flags: number = RecordFlag.NONE): Uint8Array {
	return Uint8Array.of(flags, ...new TextEncoder().encode(text));
}

function textOf(plaintext: Uint8Array): string {
	return new TextDecoder().decode(plaintext.subarray(1));
}

const failing = (code: string) => expect.objectContaining({ name: 'CryptoError', code });

describe('records on an ordered transport', () => {
	test.each(suites)('open in order, beyond many changes of the key ($name)', (suite) => {
		const sealer = new RecordSealer({ ...options(suite), updates: often });
		const opener = new RecordOpener(options(suite));
		for (let i = 0; i < 20; i++) {
			const frame = sealer.sealRecord(record(`record ${i}`), 0);
			expect(frame.length).toBe(1 + 1 + `record ${i}`.length + 16);
			const plaintext = opener.openRecord(frame);
			expect(textOf(plaintext)).toBe(`record ${i}`);
			expect(plaintext[0]).toBe(i % 4 === 3 ? RecordFlag.KEY_UPDATE : 0);
		}
	});

	test.each([0, 1])('every backend opens what another sealed (%d)', (i) => {
		const sealer = new RecordSealer(options(suites[i]));
		const opener = new RecordOpener({ ...options(suites[i + 2]), primitives: noblePrimitives });
		for (const text of ['', 'a', 'b'.repeat(70_000)]) expect(textOf(opener.openRecord(sealer.sealRecord(record(text), 0)))).toBe(text);
	});

	test('the layout is 1 || ciphertext || tag with the counter as nonce and 1 as associated data', () => {
		const key = new Uint8Array(32).fill(7);
		const sealer = new RecordSealer(options());
		sealer.sealRecord(record('first'), 0);
		const frame = sealer.sealRecord(record('second'), 0);
		const nonce = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
		expect(frame).toEqual(Uint8Array.of(1, ...primitives.aead('chacha20-poly1305', key).seal(nonce, record('second'), Uint8Array.of(1))));
	});

	test('the next key is HKDF-Expand of the old one, and counts from 0', () => {
		const next = primitives.hmac('SHA256', new Uint8Array(32).fill(7), new TextEncoder().encode('linkscope/1 next key'), Uint8Array.of(1));
		const sealer = new RecordSealer({ ...options(), updates: { ...UPDATE_LIMITS, records: 1 } });
		sealer.sealRecord(record('the last of its key'), 0);
		const frame = sealer.sealRecord(record('x'), 0);
		const opened = primitives.aead('chacha20-poly1305', next).open(new Uint8Array(12), frame.subarray(1), Uint8Array.of(1));
		expect(textOf(opened)).toBe('x');
	});

	test('xsalsa20-poly1305 has a hash of the associated data and the counter as nonce', () => {
		const sealer = new RecordSealer(options(suites[4]));
		sealer.sealRecord(record('first'), 0);
		const nonce = Uint8Array.of(...primitives.hash('SHA256', Uint8Array.of(1)).subarray(0, 16), 0, 0, 0, 0, 0, 0, 0, 1);
		expect(sealer.sealRecord(record('second'), 0)).toEqual(Uint8Array.of(1, ...secretbox(new Uint8Array(32).fill(7)).seal(nonce, record('second'))));
	});

	test('control messages share key and counter with records, and are bound to their type', () => {
		const sealer = new RecordSealer(options());
		const opener = new RecordOpener(options());
		const sealed = sealer.sealControl('pair_request', '{"type":"pair_request"}', RecordFlag.HAND_OVER, 0);
		expect(() => new RecordOpener(options()).openControl('pair_proof', sealed)).toThrow(failing('DECRYPT_FAILED'));
		expect(() => new RecordOpener(options()).openRecord(Uint8Array.of(1, ...sealed))).toThrow(failing('DECRYPT_FAILED'));
		expect(opener.openControl('pair_request', sealed)).toEqual({ flags: RecordFlag.HAND_OVER, json: '{"type":"pair_request"}' });
		expect(textOf(opener.openRecord(sealer.sealRecord(record('then'), 0)))).toBe('then');
	});

	test('a change of any byte is refused', () => {
		const frame = new RecordSealer(options()).sealRecord(record('twelve bytes'), 0);
		for (let i = 1; i < frame.length; i++) {
			const changed = frame.slice();
			changed[i] = (changed[i] as number) ^ 1;
			expect(() => new RecordOpener(options()).openRecord(changed)).toThrow(failing('DECRYPT_FAILED'));
		}
		expect(() => new RecordOpener(options()).openRecord(frame.slice(0, -1))).toThrow(failing('DECRYPT_FAILED'));
	});

	test.each([
		['repeated', [0, 0]],
		['dropped', [1]],
		['swapped', [1, 0]],
		['dropped at a change of the key', [0, 1, 2, 4]],
		['repeated after a change of the key', [0, 1, 2, 3, 0]],
	])('a record that was %s is refused', (_, order) => {
		const sealer = new RecordSealer({ ...options(), updates: often });
		const frames = Array.from({ length: 6 }, (_unused, i) => sealer.sealRecord(record(`${i}`), 0));
		const opener = new RecordOpener(options());
		const all = () => order.map((i) => opener.openRecord(frames[i] as Uint8Array));
		expect(all).toThrow(failing('DECRYPT_FAILED'));
	});

	test.each([
		['nothing', new Uint8Array()],
		['one byte', Uint8Array.of(1)],
		['a tag alone', new Uint8Array(17).fill(1)],
		['another form', new Uint8Array(40).fill(2)],
	])('%s is no record', (_, frame) => {
		expect(() => new RecordOpener(options()).openRecord(frame)).toThrow(failing('MALFORMED_FRAME'));
	});

	test('an unknown flag is malformed, in records and in control messages', () => {
		for (const flags of [8, 0x80, 0xff]) {
			expect(() => new RecordOpener(options()).openRecord(new RecordSealer(options()).sealRecord(record('', flags), 0))).toThrow(failing('MALFORMED_FRAME'));
			const sealed = new RecordSealer(options()).sealControl('t', '{}', flags, 0);
			expect(() => new RecordOpener(options()).openControl('t', sealed)).toThrow(failing('MALFORMED_FRAME'));
		}
	});

	test('a key seals and opens its greatest number of records and not one more', () => {
		const few = { ...chacha, maxRecords: 3 };
		const sealer = new RecordSealer(options(few));
		const frames = [0, 1, 2].map((i) => sealer.sealRecord(record(`${i}`), 0));
		expect(() => sealer.sealRecord(record('3'), 0)).toThrow(failing('NONCES_USED_UP'));
		expect(() => sealer.sealControl('t', '{}', 0, 0)).toThrow(failing('NONCES_USED_UP'));
		const careless = new RecordSealer(options());
		const opener = new RecordOpener(options(few));
		for (const frame of frames) careless.sealRecord(opener.openRecord(frame), 0);
		expect(() => opener.openRecord(careless.sealRecord(record('3'), 0))).toThrow(failing('NONCES_USED_UP'));
	});

	test('aes-256-gcm allows 2^20 records a key, the others 2^32', () => {
		expect(suites.map((suite) => suite.maxRecords)).toEqual([2 ** 32, 2 ** 20, 2 ** 32, 2 ** 20, 2 ** 32]);
	});

	test('the key changes at 2^16 records, at 1 GiB, and with the first record after 120 s of use', () => {
		const lastOf = (seal: (sealer: RecordSealer, i: number) => Uint8Array, limits = UPDATE_LIMITS): number => {
			const sealer = new RecordSealer({ ...options(), updates: limits });
			const opener = new RecordOpener(options());
			for (let i = 1; ; i++) if ((opener.openRecord(seal(sealer, i))[0] as number) & RecordFlag.KEY_UPDATE) return i;
		};
		expect(UPDATE_LIMITS).toEqual({ records: 65_536, bytes: 1_073_741_824, ms: 120_000 });
		expect(lastOf((sealer) => sealer.sealRecord(record(''), 0))).toBe(65_536);
		expect(lastOf((sealer) => sealer.sealRecord(new Uint8Array(1000), 0), { ...UPDATE_LIMITS, bytes: 10_000 })).toBe(10);
		expect(lastOf((sealer, i) => sealer.sealRecord(record(''), 1_000_000 + i * 1000))).toBe(121);
	});

	test('an old key is wiped when the next one takes over, and all of them at the end', () => {
		for (const End of [RecordSealer, RecordOpener]) {
			const key = new Uint8Array(32).fill(9);
			const end = new End({ ...options(), key });
			end.wipe();
			expect(key).toEqual(new Uint8Array(32));
		}
		const [sealing, opening] = [new Uint8Array(32).fill(9), new Uint8Array(32).fill(9)];
		const sealer = new RecordSealer({ ...options(), key: sealing, updates: { ...UPDATE_LIMITS, records: 1 } });
		const opener = new RecordOpener({ ...options(), key: opening });
		opener.openRecord(sealer.sealRecord(record(''), 0));
		expect(sealing).toEqual(new Uint8Array(32));
		expect(opening).toEqual(new Uint8Array(32));
		sealer.wipe();
		expect(() => sealer.sealRecord(record(''), 0)).toThrow(failing('NONCES_USED_UP'));
	});
});

describe('records on an unordered transport', () => {
	const sealed = (count: number, records = 4): Uint8Array[] => {
		const sealer = new UnorderedSealer({ ...options(), updates: { ...UPDATE_LIMITS, records } });
		return Array.from({ length: count }, (_, i) => sealer.sealRecord(record(`${i}`), 0));
	};

	test('carry epoch and counter in front, which are authenticated', () => {
		const frame = sealed(6)[5] as Uint8Array;
		expect([...frame.subarray(0, 13)]).toEqual([2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
		for (let i = 0; i < frame.length; i++) {
			const changed = frame.slice();
			changed[i] = (changed[i] as number) ^ 1;
			expect(() => new UnorderedOpener(options()).openRecord(changed)).toThrow();
		}
	});

	test('open once each, in any order, whatever is lost or repeated', () => {
		fc.assert(
			fc.property(fc.array(fc.nat(11), { maxLength: 40 }), (order) => {
				const frames = sealed(12);
				const opener = new UnorderedOpener(options());
				const opened = new Set<number>();
				let epoch = 0;
				for (const i of order) {
					const mine = Math.floor(i / 4);
					// What is two epochs late is lost: its key is gone.
					const isLost = mine < epoch - 1 || opened.has(i);
					if (isLost) expect(() => opener.openRecord(frames[i] as Uint8Array)).toThrow(failing('RECORD_REPLAYED'));
					else expect(textOf(opener.openRecord(frames[i] as Uint8Array))).toBe(`${i}`);
					opened.add(i);
					epoch = Math.max(epoch, mine);
				}
			}),
		);
	});

	test('the previous key is kept until a window of the new one has come', () => {
		const sealer = new UnorderedSealer({ ...options(), updates: { ...UPDATE_LIMITS, records: 2 } });
		const [early, late, second] = [sealer.sealRecord(record('0'), 0), sealer.sealRecord(record('1'), 0), sealer.sealRecord(record('2'), 0)];
		const opener = new UnorderedOpener(options());
		opener.openRecord(second);
		expect(textOf(opener.openRecord(late))).toBe('1');
		// Epoch 1 as a sender without a limit would go on.
		for (let i = 0; i < WINDOW_RECORDS; i++) {
			const frame = handMade(i);
			if (i > 0) opener.openRecord(frame);
		}
		expect(() => opener.openRecord(early)).toThrow(failing('RECORD_REPLAYED'));
	});

	test('a forged epoch ahead moves nothing', () => {
		const frames = sealed(12);
		const opener = new UnorderedOpener(options());
		const forged = (frames[5] as Uint8Array).slice();
		for (const epoch of [1, 3, 8, 9, 255]) {
			forged[4] = epoch;
			forged[20] = (forged[20] as number) ^ 1;
			expect(() => opener.openRecord(forged)).toThrow();
		}
		expect(textOf(opener.openRecord(frames[0] as Uint8Array))).toBe('0');
	});

	test('the greatest counter is the last of its key', () => {
		const few = { ...chacha, maxRecords: 2 };
		const sealer = new UnorderedSealer(options(few));
		sealer.sealRecord(record(''), 0);
		sealer.sealRecord(record(''), 0);
		expect(() => sealer.sealRecord(record(''), 0)).toThrow(failing('NONCES_USED_UP'));
		const careless = new UnorderedSealer(options());
		const frames = [0, 1, 2].map(() => careless.sealRecord(record(''), 0));
		expect(() => new UnorderedOpener(options(few)).openRecord(frames[2] as Uint8Array)).toThrow(failing('DECRYPT_FAILED'));
	});

	function nextKey(): Uint8Array {
		return primitives.hmac('SHA256', new Uint8Array(32).fill(7), new TextEncoder().encode('linkscope/1 next key'), Uint8Array.of(1));
	}

	/** A record of epoch 1, made by hand. */
	function handMade(counter: number): Uint8Array {
		const header = new Uint8Array(13);
		header[0] = 2;
		header[4] = 1;
		new DataView(header.buffer).setUint32(9, counter);
		const frame = chacha.cipher(nextKey()).seal(counter, record(`${counter}`), header, 13);
		frame.set(header);
		return frame;
	}
});

describe('items of a record', () => {
	const message = fc.oneof(fc.string({ unit: 'binary', maxLength: 50 }), fc.uint8Array({ maxLength: 50 }));

	test('are read as they were written, kind and order kept', () => {
		fc.assert(
			fc.property(fc.array(message, { maxLength: 20 }), (messages) => {
				const plaintext = new Uint8Array(20_000);
				let end = 1;
				for (const each of messages) end = writeItem(plaintext, end, each, typeof each === 'string' ? Buffer.byteLength(each) : each.length);
				const reader = new ItemReader(plaintext.subarray(0, end));
				const read: unknown[] = [];
				while (reader.hasMore) read.push(reader.read());
				expect(read).toEqual(messages);
			}),
		);
	});

	test('a byte order mark is part of a text', () => {
		const plaintext = new Uint8Array(9);
		writeItem(plaintext, 1, '\ufeff', 3);
		expect(new ItemReader(plaintext).read()).toBe('\ufeff');
	});

	test('any bytes are read or refused, and never beyond their end', () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 60 }), (plaintext) => {
				const reader = new ItemReader(plaintext);
				let bytes = 0;
				try {
					while (reader.hasMore) bytes += 5 + Buffer.byteLength(reader.read());
					expect(bytes).toBe(Math.max(plaintext.length - 1, 0));
				} catch (error) {
					expect(error).toMatchObject({ code: 'MALFORMED_FRAME' });
				}
			}),
			{ numRuns: 3000 },
		);
	});

	test.each([
		['a header cut short', [0, 1, 0, 0, 0]],
		['less than announced', [0, 1, 0, 0, 0, 2, 1]],
		['4 GiB announced', [0, 1, 255, 255, 255, 255, 1]],
		['an unknown kind', [0, 2, 0, 0, 0, 0]],
		['text that is no UTF-8', [0, 0, 0, 0, 0, 1, 0xff]],
	])('%s is malformed', (_, bytes) => {
		expect(() => new ItemReader(Uint8Array.from(bytes)).read()).toThrow(failing('MALFORMED_FRAME'));
	});
});

test('a message that shrank before it was sealed is refused: behind it would stand what another record left', () => {
	const into = new Uint8Array(64).fill(0xaa);
	expect(() => writeItem(into, 1, new Uint8Array(3), 8)).toThrow(TypeError);
});
