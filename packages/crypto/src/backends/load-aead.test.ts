import { expect, test } from 'vitest';
import { noblePrimitives } from './noble.js';

test('a page goes without AES until it is loaded, and says so', async () => {
	const [key, nonce, text] = [new Uint8Array(32), new Uint8Array(12), Uint8Array.of(1, 2, 3)];
	expect(() => noblePrimitives.aead('aes-256-gcm', key)).toThrow("aes-256-gcm is not loaded yet: wait for loadAead('aes-256-gcm').");
	await noblePrimitives.loadAead?.('aes-256-gcm');
	const aead = noblePrimitives.aead('aes-256-gcm', key);
	expect(aead.open(nonce, aead.seal(nonce, text))).toEqual(text);
});
