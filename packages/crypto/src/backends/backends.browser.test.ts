import { defaultPrimitives } from '@linkscope/crypto';
import { expect, test } from 'vitest';
import { backendSuite } from '../fixtures/backend-suite.js';
import { nobleWithBlake2 } from '../fixtures/noble-with-blake2.js';

test('a browser gets noble, and is told which hashes it left out', () => {
	const { name, hash, hmac } = defaultPrimitives();
	expect(name).toBe('noble');
	const none = new Uint8Array(0);
	for (const ask of [() => hash('BLAKE2s', none), () => hmac('BLAKE2b', none, none)])
		expect(ask).toThrow(/is not among the hashes of this platform: SHA256, SHA512/);
});

backendSuite(nobleWithBlake2);
