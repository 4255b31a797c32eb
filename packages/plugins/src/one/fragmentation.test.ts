import { Connection, type Payload } from '@linkscope/core';
import { createMemoryPair, settle } from '@linkscope/core/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { face } from './fixtures/hostile.js';
import { OneFragmentationPlugin } from './fragmentation.js';
import { escapeWord, KEEPALIVE_WORDS, unescapeWord } from './words.js';

const START_STRING = 'fragmentation_start_string';
const START_BINARY = 'fragmentation_start_binary';
const END = 'fragmentation_end';
const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(65);

async function onTheWire(message: Payload): Promise<Payload[]> {
	const faced = await face([new OneFragmentationPlugin()], true);
	faced.ours.send(message);
	await settle();
	return faced.wire;
}

describe('splitting', () => {
	test.each<[string, Payload]>([
		['text of 16,383 units', 'x'.repeat(16_383)],
		['text of 16,383 units in three bytes each', '€'.repeat(16_383)],
		['65,536 bytes', bytes(65_536)],
		['nothing', ''],
	])('%s goes whole', async (_, message) => {
		expect(await onTheWire(message)).toEqual([message]);
	});

	test('longer text goes as its UTF-8, in pieces', async () => {
		const wire = await onTheWire('€'.repeat(30_000));
		expect(wire.map((frame) => (typeof frame === 'string' ? frame : frame.length))).toEqual([START_STRING, 65_536, 90_000 - 65_536, END]);
		expect(new TextDecoder().decode(Uint8Array.from(wire.slice(1, -1).flatMap((piece) => [...(piece as Uint8Array)])))).toBe('€'.repeat(30_000));
		expect(await onTheWire('x'.repeat(16_384))).toEqual([START_STRING, new TextEncoder().encode('x'.repeat(16_384)), END]);
	});

	test('more bytes go in pieces', async () => {
		expect(await onTheWire(bytes(65_537))).toEqual([START_BINARY, bytes(65_536), bytes(1), END]);
		expect(await onTheWire(bytes(131_072))).toEqual([START_BINARY, bytes(65_536), bytes(65_536), END]);
	});

	test('text that begins with a control word has one character more at its end', async () => {
		expect(await onTheWire(END)).toEqual([`${END}x`]);
		expect(await onTheWire(`${START_BINARY}, they said`)).toEqual([`${START_BINARY}, they saidx`]);
		expect(await onTheWire(`a ${END}`)).toEqual([`a ${END}`]);
	});

	test('what is escaped and taken back is as it was', () => {
		fc.assert(
			fc.property(fc.constantFrom('keepalive', 'keepaliv', ''), fc.string(), (start, rest) => {
				const travelling = escapeWord(start + rest, KEEPALIVE_WORDS);
				expect(travelling).not.toBe('keepalive');
				expect(unescapeWord(travelling, KEEPALIVE_WORDS)).toBe(start + rest);
			}),
		);
	});

	test('what is sent while a message is being split goes behind it', async () => {
		const [a, b] = createMemoryPair();
		const left = new Connection(a, { plugins: [new OneFragmentationPlugin()] });
		const right = new Connection(b, { initiator: false, plugins: [new OneFragmentationPlugin()] });
		await Promise.all([left.open(), right.open()]);
		const received: Payload[] = [];
		right.onMessage.on((message) => received.push(message));
		const send = a.send.bind(a);
		let reentered = false;
		a.send = (payload) => {
			if (!reentered) {
				reentered = true;
				left.send(END);
				left.send(bytes(70_000));
			}
			return send(payload);
		};
		left.send('y'.repeat(20_000));
		await settle();
		expect(received).toEqual(['y'.repeat(20_000), END, bytes(70_000)]);
	});

	test('a message over the limit is refused, and the connection goes on', async () => {
		const faced = await face([new OneFragmentationPlugin({ maxMessageBytes: 70_000 })], true);
		expect(() => faced.ours.send(bytes(70_001))).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_BIG' }));
		faced.ours.send('small');
		await settle();
		expect(faced.wire).toEqual(['small']);
	});
});

describe('putting together', () => {
	test('a byte order mark is part of the text', async () => {
		const faced = await face([new OneFragmentationPlugin()], true);
		await faced.send(START_STRING, new TextEncoder().encode('\ufefftext'), END);
		expect(faced.received).toEqual(['\ufefftext']);
	});

	test('takes pieces of any size, cut anywhere', async () => {
		const text = 'grüße 🙂'.repeat(10);
		const encoded = new TextEncoder().encode(text);
		await fc.assert(
			fc.asyncProperty(fc.array(fc.integer({ min: 0, max: encoded.length })), async (cuts) => {
				const faced = await face([new OneFragmentationPlugin()], true);
				const places = [0, ...cuts.sort((a, b) => a - b), encoded.length];
				await faced.send(START_STRING, ...places.slice(1).map((end, i) => encoded.slice(places[i], end)), END, 'next');
				expect(faced.received).toEqual([text, 'next']);
			}),
			{ numRuns: 30 },
		);
	});

	test.each<[string, Payload[]]>([
		['an end without a beginning', [END]],
		['a beginning inside a message', [START_STRING, START_STRING]],
		['text inside a message', [START_STRING, 'text']],
		['an escaped word inside a message', [START_BINARY, bytes(3), `${END}x`]],
		['text that is no UTF-8', [START_STRING, new Uint8Array([0xff]), END]],
		['a second end', [START_BINARY, END, END]],
	])('%s: MALFORMED_FRAME, 4400', async (_, frames) => {
		const faced = await face([new OneFragmentationPlugin()], true);
		await faced.send(...frames);
		expect(faced.ours.closeInfo).toMatchObject({ code: 4400, error: { code: 'MALFORMED_FRAME' } });
	});

	test('a message without an end is bounded: REASSEMBLY_TOO_BIG, 4409', async () => {
		const faced = await face([new OneFragmentationPlugin({ maxMessageBytes: 100_000 })], true);
		await faced.send(START_BINARY, bytes(60_000), bytes(40_000));
		expect(faced.ours.state).toBe('ACTIVE');
		await faced.send(bytes(1));
		expect(faced.ours.closeInfo).toMatchObject({ code: 4409, error: { code: 'REASSEMBLY_TOO_BIG' } });
		expect(faced.received).toEqual([]);
	});

	test('any frames are messages, or end the connection with a code', async () => {
		const frame = fc.oneof(fc.constantFrom<Payload>(START_STRING, START_BINARY, END, `${END}x`, 'text'), fc.uint8Array({ maxLength: 9 }));
		await fc.assert(
			fc.asyncProperty(fc.array(frame, { maxLength: 12 }), async (frames) => {
				const faced = await face([new OneFragmentationPlugin()], true);
				for (const one of frames) if (faced.ours.state === 'ACTIVE') await faced.send(one);
				if (faced.ours.state !== 'ACTIVE') expect(faced.ours.closeInfo?.error).toMatchObject({ code: 'MALFORMED_FRAME' });
			}),
			{ numRuns: 200 },
		);
	});

	test.each([0, 1.5, Number.NaN])('maxMessageBytes of %d is a RangeError', (maxMessageBytes) => {
		expect(() => new OneFragmentationPlugin({ maxMessageBytes })).toThrow(RangeError);
	});
});
