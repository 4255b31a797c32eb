import { byteLength, Connection, type Payload } from '@linkscope/core';
import { createMemoryPair, settle } from '@linkscope/core/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FragmentationOptions, FragmentationPlugin } from './fragmentation.js';

const encoder = new TextEncoder();

async function openPair(options: FragmentationOptions = {}, { raw = false, maxMessageBytes = Number.POSITIVE_INFINITY } = {}) {
	const [a, b] = createMemoryPair({ maxMessageBytes });
	const wire: Payload[] = [];
	const send = a.send.bind(a);
	a.send = (payload) => {
		wire.push(payload);
		return send(payload);
	};
	const left = new Connection(a, { plugins: raw ? [] : [new FragmentationPlugin(options)] });
	const right = new Connection(b, { initiator: false, plugins: [new FragmentationPlugin(options)] });
	await Promise.all([left.open(), right.open()]);
	const received: Payload[] = [];
	right.onMessage.on((message) => received.push(message));
	return { left, right, received, wire };
}

function bytesFrame(kind: string, ...body: number[]): Uint8Array {
	return new Uint8Array([0x10, 0x46, kind.charCodeAt(0), ...body]);
}

describe('splitting', () => {
	test('no fragment is larger than was asked for, and text is cut between characters', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.oneof(fc.string({ unit: 'binary', minLength: 50, maxLength: 600 }), fc.uint8Array({ minLength: 100, maxLength: 2_000 })),
				fc.integer({ min: 128, max: 400 }),
				async (payload, maxFragmentBytes) => {
					const { left, received, wire } = await openPair({ maxFragmentBytes });
					left.send(typeof payload === 'string' ? payload : payload.slice());
					await settle();
					expect(received).toEqual([payload]);
					for (const frame of wire) {
						expect(byteLength(frame)).toBeLessThanOrEqual(maxFragmentBytes);
						// A cut through a surrogate pair would turn into replacement characters on a real wire.
						if (typeof frame === 'string') expect(new TextDecoder().decode(encoder.encode(frame))).toBe(frame);
					}
				},
			),
			{ numRuns: 200 },
		);
	});

	test('what fits goes as it is', async () => {
		const { left, wire } = await openPair({ maxFragmentBytes: 128 });
		left.send('x'.repeat(128));
		left.send(new Uint8Array(128));
		expect(wire).toEqual(['x'.repeat(128), new Uint8Array(128)]);
	});

	test('a message over the limit is refused, and the connection goes on', async () => {
		const { left, received } = await openPair({ maxMessageBytes: 1_000, maxFragmentBytes: 128 });
		expect(() => left.send(new Uint8Array(1_001))).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_BIG', message: expect.stringContaining('1001') }));
		left.send('small');
		await settle();
		expect(received).toEqual(['small']);
	});

	test('fragments too big for the transport refuse the message and leave nothing half sent', async () => {
		const { left, received, wire } = await openPair({ maxFragmentBytes: 512 }, { maxMessageBytes: 256 });
		expect(() => left.send('y'.repeat(5_000))).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_BIG' }));
		expect(wire).toHaveLength(1);
		left.send('small');
		await settle();
		expect(received).toEqual(['small']);
	});

	test('what is sent while a message is being split goes behind it', async () => {
		const [a, b] = createMemoryPair();
		const left = new Connection(a, { plugins: [new FragmentationPlugin({ maxFragmentBytes: 128 })] });
		const right = new Connection(b, { initiator: false, plugins: [new FragmentationPlugin()] });
		await Promise.all([left.open(), right.open()]);
		const received: Payload[] = [];
		right.onMessage.on((message) => received.push(message));
		const send = a.send.bind(a);
		let reentered = false;
		a.send = (payload) => {
			if (!reentered) {
				reentered = true;
				left.send('small, from inside');
				left.send('z'.repeat(500));
			}
			return send(payload);
		};
		left.send('y'.repeat(1_000));
		await settle();
		expect(received).toEqual(['y'.repeat(1_000), 'small, from inside', 'z'.repeat(500)]);
	});

	test('needs order and reliability of its transport', async () => {
		const [a, b] = createMemoryPair({ reorderRate: 0.5 });
		const left = new Connection(a, { plugins: [new FragmentationPlugin()] });
		const right = new Connection(b, { initiator: false });
		const opening = [left.open(), right.open()];
		await expect(opening[0]).rejects.toMatchObject({ code: 'PLUGIN_NEEDS' });
		await Promise.allSettled(opening);
	});
});

describe('hostile fragments', () => {
	const piece = 'p'.repeat(64);

	test.each<[string, Payload[]]>([
		['a fragment without a beginning', ['\u0010Fcxyz']],
		['a message inside another', [`\u0010Fs1000:${piece}`, 'plain']],
		['an escaped message inside another', [`\u0010Fs1000:${piece}`, '\u0010F=x']],
		['a second beginning', [`\u0010Fs1000:${piece}`, `\u0010Fs1000:${piece}`]],
		['more than was announced', [`\u0010Fs70:${piece}`, `\u0010Fc${piece}`]],
		['more than was announced, in bytes', [bytesFrame('s', 0, 0, 0, 1, 1, 2, 3)]],
		['bytes in a text', [`\u0010Fs1000:${piece}`, bytesFrame('c', 1, 2, 3)]],
		['text in bytes', [bytesFrame('s', 0, 0, 3, 0, ...new Array(64).fill(1)), `\u0010Fc${piece}`]],
		['no size', ['\u0010Fsabc']],
		['a size of zero', ['\u0010Fs0:']],
		['a cut header', [bytesFrame('s', 0, 0)]],
		['a negative size', ['\u0010Fs-1:x']],
		['an empty fragment', [`\u0010Fs1000:${piece}`, '\u0010Fc']],
		['tiny fragments', [`\u0010Fs1000:${piece}`, '\u0010Fcx']],
		['an unknown kind', ['\u0010Fz']],
		['no kind', ['\u0010F']],
	])('%s: MALFORMED_FRAME, 4400', async (_, frames) => {
		const { left, right, received } = await openPair({}, { raw: true });
		for (const frame of frames) left.send(frame);
		await settle();
		expect(right.closeInfo).toMatchObject({ code: 4400, error: { code: 'MALFORMED_FRAME' } });
		expect(received).toEqual([]);
	});

	test.each<Payload>(['\u0010Fs16777217:x', '\u0010Fs9999999999999999:x', bytesFrame('s', 255, 255, 255, 255, 1)])(
		'an announced size over the limit is refused before anything is allocated: 4409',
		async (frame) => {
			const { left, right } = await openPair({}, { raw: true });
			left.send(frame);
			await settle();
			expect(right.closeInfo).toMatchObject({ code: 4409, error: { code: 'REASSEMBLY_TOO_BIG' } });
		},
	);

	test('memory follows what arrives, not what is announced', async () => {
		const before = process.memoryUsage().arrayBuffers;
		const { left } = await openPair({ maxMessageBytes: 2 ** 31 }, { raw: true });
		left.send(bytesFrame('s', 0x7f, 255, 255, 255, ...new Array(64).fill(1)));
		await settle();
		expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
	});

	test.each([{ maxFragmentBytes: 127 }, { maxFragmentBytes: Number.NaN }, { maxMessageBytes: 0 }, { maxMessageBytes: 1.5 }])(
		'%j is a RangeError',
		(options) => {
			expect(() => new FragmentationPlugin(options)).toThrow(Object.keys(options)[0]);
			expect(() => new FragmentationPlugin(options)).toThrow(RangeError);
		},
	);
});
