import { describe, expect, test } from 'vitest';
import { newParty } from './fixtures/parties.js';
import { identityCommand, keysCommand, readIdentity, readInstance, readKeys, readPerson } from './pairing-messages.js';

const malformed = expect.objectContaining({ code: 'MALFORMED_FRAME' });

describe('what people say of themselves', () => {
	const { own } = newParty('a@test', 'wss://relay.test/');

	test('comes back as it was', () => {
		expect(readIdentity(JSON.parse(JSON.stringify(identityCommand(own))))).toEqual(own);
		expect(readKeys(JSON.parse(JSON.stringify(keysCommand(own))), 'a@test')).toEqual({ personKey: own.personKey, personSignKey: own.personSignKey });
		expect(readPerson({ obj: { $type$: 'Person', email: 'a@test' } })).toBe('a@test');
	});

	test('keys and instances of somebody else are refused', () => {
		expect(() => readKeys(keysCommand(own), 'b@test')).toThrow(malformed);
		expect(() => readInstance({ obj: { $type$: 'Instance', name: 'a', owner: '00'.repeat(32) } }, 'a@test')).toThrow(malformed);
	});

	test.each(['javascript:alert(1)', 'https://relay.test', 'wss://user:secret@relay.test', 'relay', 7, `wss://${'x'.repeat(3_000)}`])(
		'the address %s is refused',
		(url) => {
			const command = identityCommand(own);
			expect(() => readIdentity({ ...command, obj: { ...command.obj, url } })).toThrow(malformed);
		},
	);
});
