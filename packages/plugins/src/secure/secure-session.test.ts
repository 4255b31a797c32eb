import { settle } from '@linkscope/core/testing';
import { describe, expect, test } from 'vitest';
import { AuthenticationPlugin } from './authentication.js';
import { EncryptionPlugin } from './encryption.js';
import { alice, bob, codeOfEnd, securePair } from './fixtures/pair.js';

const auth = (identity = alice) => new AuthenticationPlugin({ identity });
const chains = {
	authentication: [() => [auth(alice)], () => [auth(bob)]],
	'encryption alone': [() => [new EncryptionPlugin()], () => [new EncryptionPlugin()]],
	'authentication and encryption': [() => [auth(alice), new EncryptionPlugin()], () => [auth(bob), new EncryptionPlugin()]],
	'authentication and encryption, and encryption alone': [() => [auth(alice), new EncryptionPlugin()], () => [new EncryptionPlugin()]],
} as const;

for (const delivery of ['single', 'burst'] as const) {
	describe.each(Object.entries(chains))(`${delivery}: %s`, (_, [left, right]) => {
		test('messages arrive, text as text, in order, both ways', async () => {
			const pair = securePair(left(), right(), { delivery });
			pair.left.send('early');
			expect(await pair.open()).toEqual(['ACTIVE', 'ACTIVE']);
			const messages = ['', 'grüße 🙂', '{"type":"auth"}', new Uint8Array(), Uint8Array.of(1, 2, 3)];
			for (const message of messages) {
				pair.left.send(typeof message === 'string' ? message : message.slice());
				pair.right.send(typeof message === 'string' ? message : message.slice());
			}
			await settle(200);
			expect(pair.atRight.map(plain)).toEqual(['early', ...messages]);
			expect(pair.atLeft.map(plain)).toEqual(messages);
			await pair.left.close();
			await settle();
			expect([pair.left.state, pair.right.state, codeOfEnd(pair.right)]).toEqual(['CLOSED', 'CLOSED', undefined]);
			expect(pair.clock.pending).toBe(0);
		});
	});
}

function plain(message: string | Uint8Array): string | Uint8Array {
	return typeof message === 'string' ? message : Uint8Array.from(message);
}
