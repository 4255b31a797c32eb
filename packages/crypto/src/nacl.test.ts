import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { noblePrimitives } from './backends/noble.js';
import { nodePrimitives } from './backends/node.js';
import { ZERO_SHARED_KEYS } from './fixtures/weak-points.js';
import {
	answerChallenge,
	BoxChannel,
	boxKeyPair,
	bytesToHex,
	Challenge,
	hexToBytes,
	instanceIdHash,
	openSealed,
	padMessage,
	personIdHash,
	seal,
	secretbox,
	sharedKey,
	sharedKeyOf,
	unpadMessage,
} from './nacl.js';

const bytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);
const [alice, bob] = [boxKeyPair(), boxKeyPair()];

describe('keys and seals', () => {
	test('two ends of a pair of keys agree on the key of the public vector', () => {
		const key = '7eb1ed09d0591d454fb63f13cdd879c84cf0b977c1b7a74f8af3ae0623d90834';
		expect(bytesToHex(sharedKey(boxKeyPair(bytes(32, 3)).publicKey, bytes(32, 2)))).toBe(key);
		expect(bytesToHex(sharedKey(boxKeyPair(bytes(32, 2)).publicKey, bytes(32, 3)))).toBe(key);
	});

	test('the key is the same from what another X25519 agreed on', () => {
		for (const primitives of [nodePrimitives, noblePrimitives]) {
			for (let i = 1; i < 20; i++) {
				const { publicKey } = boxKeyPair(bytes(32, i));
				expect(sharedKeyOf(primitives.x25519.shared(alice.secretKey, publicKey))).toEqual(sharedKey(publicKey, alice.secretKey));
			}
		}
	});

	test.each(ZERO_SHARED_KEYS)('a key of small order is refused: %s', (hex) => {
		const weak = hexToBytes(hex);
		const refused = expect.objectContaining({ code: 'WEAK_KEY' });
		expect(() => sharedKey(weak, alice.secretKey)).toThrow(refused);
		expect(() => seal(bytes(32, 1), weak, alice.secretKey)).toThrow(refused);
		expect(() => openSealed(bytes(72, 1), weak, alice.secretKey)).toThrow(refused);
		expect(() => answerChallenge(bytes(104, 1), weak, alice.secretKey)).toThrow(refused);
	});

	test('a seal is 40 bytes longer, never twice the same, and opens for the two it is between', () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 300 }), (message) => {
				const sealed = seal(message, bob.publicKey, alice.secretKey);
				expect(sealed.length).toBe(message.length + 40);
				expect(seal(message, bob.publicKey, alice.secretKey)).not.toEqual(sealed);
				expect(openSealed(sealed, alice.publicKey, bob.secretKey)).toEqual(message);
			}),
			{ numRuns: 20 },
		);
	});

	test('a seal opens for nobody else, and not when any byte was changed or cut off', () => {
		const sealed = seal(bytes(32, 7), bob.publicKey, alice.secretKey);
		const refused = expect.objectContaining({ code: 'DECRYPT_FAILED' });
		expect(() => openSealed(sealed, alice.publicKey, boxKeyPair().secretKey)).toThrow(refused);
		for (let i = 0; i < sealed.length; i++) {
			const changed = sealed.slice();
			changed[i] = (changed[i] as number) ^ 1;
			expect(() => openSealed(changed, alice.publicKey, bob.secretKey)).toThrow(refused);
			expect(() => openSealed(sealed.slice(0, i), alice.publicKey, bob.secretKey)).toThrow(refused);
		}
	});
});

describe('challenges', () => {
	const ask = (): Challenge => new Challenge(sharedKey(bob.publicKey, alice.secretKey));

	test('the owner of the key answers with the inverse, 104 bytes both', () => {
		const challenge = ask();
		const { sealed, plain } = challenge;
		const answer = answerChallenge(sealed, alice.publicKey, bob.secretKey);
		expect([sealed.length, answer.length]).toEqual([104, 104]);
		expect(openSealed(answer, bob.publicKey, alice.secretKey)).toEqual(plain.map((byte) => 255 - byte));
		expect(challenge.isAnswer(answer)).toBe(true);
	});

	test('a challenge sent back, the answer to another, and a box of other bytes are no answers', () => {
		const challenge = ask();
		const wrong = [
			challenge.sealed,
			answerChallenge(ask().sealed, alice.publicKey, bob.secretKey),
			seal(bytes(3, 1), alice.publicKey, bob.secretKey),
			bytes(0, 0),
		];
		for (const answer of wrong) expect(challenge.isAnswer(answer)).toBe(false);
	});

	test('one of our own is not answered, nor one of another length', () => {
		const { sealed, plain } = ask();
		const refused = expect.objectContaining({ code: 'DECRYPT_FAILED' });
		expect(() => answerChallenge(sealed, bob.publicKey, alice.secretKey, (challenge) => bytesToHex(challenge) === bytesToHex(plain))).toThrow(refused);
		for (const length of [0, 32, 63, 65]) {
			expect(() => answerChallenge(seal(bytes(length, 1), alice.publicKey, bob.secretKey), bob.publicKey, alice.secretKey)).toThrow(refused);
		}
	});
});

describe('the counted channel', () => {
	test('seals the public vectors at counters 1 and 1000', () => {
		expect(bytesToHex(new BoxChannel(bytes(32, 1), true).seal(hexToBytes('106869')))).toBe('8a3538a10a3f2135a294ba8104ad90ee04d1b4');
		expect(bytesToHex(new BoxChannel(bytes(32, 1), false, 500).seal(hexToBytes('0102aabbdead')))).toBe('5fa2d2ae90a839f60c630ac9531bb8f4228658cc0696');
	});

	test('a frame opens once, in its turn, in its direction', () => {
		const [left, right] = [new BoxChannel(bytes(32, 1), true), new BoxChannel(bytes(32, 1), false)];
		const [first, second] = [left.seal(bytes(5, 1)), left.seal(bytes(5, 2))];
		const refused = expect.objectContaining({ code: 'DECRYPT_FAILED' });
		expect(() => right.open(second)).toThrow(refused);
		expect(() => left.open(first)).toThrow(refused);
		expect(right.open(first)).toEqual(bytes(5, 1));
		expect(() => right.open(first)).toThrow(refused);
		expect(right.open(second)).toEqual(bytes(5, 2));
		expect(left.open(right.seal(bytes(5, 3)))).toEqual(bytes(5, 3));
	});

	test('a frame that was taken back leaves no gap', () => {
		const [left, right] = [new BoxChannel(bytes(32, 1), true), new BoxChannel(bytes(32, 1), false)];
		left.seal(bytes(9, 9));
		left.takeBack();
		expect(right.open(left.seal(bytes(5, 1)))).toEqual(bytes(5, 1));
	});

	test('counters beyond 32 bits count on, and at the end of numbers nothing is sealed or opened', () => {
		const pairs = 2 ** 32;
		expect(new BoxChannel(bytes(32, 1), false, pairs).open(new BoxChannel(bytes(32, 1), true, pairs).seal(bytes(5, 1)))).toEqual(bytes(5, 1));
		const last = new BoxChannel(bytes(32, 1), true, 2 ** 52 - 1);
		const frame = last.seal(bytes(5, 1));
		expect(() => last.seal(bytes(5, 1))).toThrow(expect.objectContaining({ code: 'NONCES_USED_UP' }));
		const reader = new BoxChannel(bytes(32, 1), false, 2 ** 52 - 1);
		expect(reader.open(frame)).toEqual(bytes(5, 1));
		expect(() => reader.open(frame)).toThrow(expect.objectContaining({ code: 'DECRYPT_FAILED' }));
	});

	test('both ends export the same secrets, others for another label or context, and none of them after the key was wiped', () => {
		const [left, right] = [new BoxChannel(bytes(32, 1), true), new BoxChannel(bytes(32, 1), false)];
		const secret = left.exportSecret('binding', bytes(3, 1));
		expect(right.exportSecret('binding', bytes(3, 1))).toEqual(secret);
		expect(left.exportSecret('other', bytes(3, 1))).not.toEqual(secret);
		expect(left.exportSecret('binding', bytes(3, 2))).not.toEqual(secret);
		left.wipe();
		expect(() => left.exportSecret('binding', bytes(3, 1))).toThrow('wiped');
		expect(() => left.seal(bytes(1, 1))).toThrow(expect.objectContaining({ code: 'NONCES_USED_UP' }));
		expect(() => left.open(right.seal(bytes(1, 1)))).toThrow(expect.objectContaining({ code: 'DECRYPT_FAILED' }));
	});
});

describe('padding', () => {
	test('reads and writes the public vectors', () => {
		expect(bytesToHex(padMessage('hi', 0))).toBe('106869');
		expect(unpadMessage(hexToBytes('106869'))).toBe('hi');
		expect(unpadMessage(hexToBytes('0102aabbdead'))).toEqual(hexToBytes('dead'));
		expect(bytesToHex(padMessage(hexToBytes('dead'), 3))).toMatch(/^0102....dead$/);
	});

	test('what was padded comes back, text as text and bytes as bytes, whatever is drawn', () => {
		fc.assert(
			fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array()), fc.integer({ min: 0, max: 255 }), (value, draw) => {
				const padded = padMessage(value, draw);
				expect(unpadMessage(padded)).toEqual(value);
				expect(padded.length).toBe(
					new TextEncoder().encode(String(typeof value === 'string' ? value : '')).length + (typeof value === 'string' ? 0 : value.length) + 1 + draw,
				);
			}),
		);
		expect(unpadMessage(padMessage('\ufeffmark'))).toBe('\ufeffmark');
	});

	test('takes lengths of any number of bytes', () => {
		expect(unpadMessage(hexToBytes('0f0000000000000000000000000000010055'))).toEqual(hexToBytes('55'));
		expect(unpadMessage(hexToBytes('1300000161626364'))).toBe('bcd');
	});

	test.each([
		['nothing', ''],
		['a length cut short', '0200'],
		['padding cut short', '0103aabb'],
		['an enormous padding', '0fffffffffffffffffffffffffffffff00'],
		['unknown flags', '2000'],
		['all flags', 'f06869'],
		['text that is no UTF-8', '10ff'],
	])('%s: MALFORMED_FRAME', (_, hex) => {
		expect(() => unpadMessage(hexToBytes(hex))).toThrow(expect.objectContaining({ code: 'MALFORMED_FRAME' }));
	});

	test('any bytes are a message or MALFORMED_FRAME', () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 60 }), (frame) => {
				try {
					unpadMessage(frame);
				} catch (error) {
					expect(error).toMatchObject({ code: 'MALFORMED_FRAME' });
				}
			}),
			{ numRuns: 2_000 },
		);
	});
});

test('id hashes are those of the public examples, and markup in values is escaped', () => {
	const person = 'fd9c61618ce9314870f4ff26f3e786922eeade727e14d3ff026d7a4353565699';
	expect(personIdHash('a@test')).toBe(person);
	expect(instanceIdHash('a', person)).toBe('569b886d7451007aa1cb09891d025ea0778339209078bb51e1dd573a71510cd0');
	expect(personIdHash('<a@test')).toBe(bytesToHexOfHtml('&lt;a@test'));
	expect(personIdHash('&lt;a@test')).not.toBe(personIdHash('<a@test'));
});

describe('the xsalsa20 secretbox', () => {
	// NaCl's own example (tests/secretbox.c), with its tag of 16 bytes moved behind the ciphertext.
	test('opens and seals the published NaCl vector', () => {
		const box = secretbox(hexToBytes('1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389'));
		const nonce = hexToBytes('69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37');
		const plaintext = hexToBytes(
			'be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705',
		);
		const ciphertext =
			'8e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5';
		const tag = 'f3ffc7703f9400e52a7dfb4b3d3305d9';
		expect(bytesToHex(box.seal(nonce, plaintext))).toBe(ciphertext + tag);
		expect(bytesToHex(box.seal(nonce, plaintext, 2))).toBe(`0000${ciphertext}${tag}`);
		expect(box.open(nonce, hexToBytes(ciphertext + tag))).toEqual(plaintext);
	});

	test('refuses what was changed, what is too short and what has another nonce', () => {
		const box = secretbox(bytes(32, 1));
		const sealed = box.seal(bytes(24, 1), bytes(9, 9));
		const refused = expect.objectContaining({ code: 'DECRYPT_FAILED' });
		expect(() => box.open(bytes(24, 2), sealed)).toThrow(refused);
		expect(() => box.open(bytes(24, 1), sealed.subarray(0, 15))).toThrow(refused);
		for (let i = 0; i < sealed.length; i++) {
			const changed = sealed.slice();
			changed[i] = (changed[i] as number) ^ 0x80;
			expect(() => box.open(bytes(24, 1), changed)).toThrow(refused);
		}
	});
});

/** The hash that an address has whose markup is already written as it is escaped. */
function bytesToHexOfHtml(escapedEmail: string): string {
	return createHash('sha256')
		.update(`<div data-id-object="true" itemscope itemtype="//refin.io/Person"><span itemprop="email">${escapedEmail}</span></div>`)
		.digest('hex');
}
