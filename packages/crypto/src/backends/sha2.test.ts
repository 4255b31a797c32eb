import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { sha256, sha512 } from './sha2.js';

const hashes = [
	['sha256', sha256],
	['sha512', sha512],
] as const;

test.each(hashes)('%s is as OpenSSL says for every length up to four blocks, however it is cut', (name, hash) => {
	for (let length = 0; length <= 4 * hash.blockBytes; length++) {
		const message = randomBytes(length);
		const cut = length >> 1;
		const expected = createHash(name).update(message).digest('hex');
		expect(Buffer.from(hash.digest(message)).toString('hex')).toBe(expected);
		expect(Buffer.from(hash.digest(message.subarray(0, cut), message.subarray(cut))).toString('hex')).toBe(expected);
	}
});

test.each(hashes)('%s of a megabyte, of all ones and of all zeros', (name, hash) => {
	for (const message of [Buffer.alloc(2 ** (name === 'sha256' ? 20 : 12), 7), Buffer.alloc(1000, 0xff), Buffer.alloc(1000)])
		expect(Buffer.from(hash.digest(message)).toString('hex')).toBe(createHash(name).update(message).digest('hex'));
});

test.each(hashes)('%s leaves what it was given as it was', (_, hash) => {
	const message = new Uint8Array(hash.blockBytes).fill(5);
	hash.digest(message);
	expect(message).toEqual(new Uint8Array(hash.blockBytes).fill(5));
});
