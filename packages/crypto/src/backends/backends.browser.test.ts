import { defaultPrimitives } from '@linkscope/crypto';
import { expect, test } from 'vitest';
import { backendSuite } from '../fixtures/backend-suite.js';
import { nobleWithAllHashes } from '../fixtures/noble-with-all-hashes.js';

test('a browser gets noble, and is told which hashes it left out', () => {
	const { name, hash, hmac } = defaultPrimitives();
	expect(name).toBe('noble');
	const none = new Uint8Array(0);
	for (const ask of [() => hash('SHA512', none), () => hmac('BLAKE2b', none, none)]) expect(ask).toThrow(/is not among the hashes of this platform: SHA256[.]/);
});

backendSuite(nobleWithAllHashes);
