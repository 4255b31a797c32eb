import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hexOf, objectOf, parseObject, readBytes, readCommand, textOf } from './one-commands.js';

const malformed = expect.objectContaining({ name: 'CryptoError', code: 'MALFORMED_FRAME' });

describe('commands', () => {
	test('any text is an object or MALFORMED_FRAME, and nothing is quoted or polluted', () => {
		const junk = fc.oneof(
			fc.string({ unit: 'binary' }),
			fc.json({ maxDepth: 2 }),
			fc.constantFrom('{"__proto__":{"polluted":1}}', '{"a":1,"a":2}', '{"a":{"b":1,"b":2}}', '"', '[', '{"constructor":{"prototype":{"polluted":1}}}'),
			fc.json({ maxDepth: 2 }).map((text) => text.slice(0, -1)),
			fc.string().map((text) => JSON.stringify({ secret: text, command: text })),
		);
		fc.assert(
			fc.property(junk, (text) => {
				try {
					parseObject(text);
				} catch (error) {
					expect(error).toMatchObject({ code: 'MALFORMED_FRAME' });
					if (text.length > 8) expect((error as Error).message).not.toContain(text);
				}
			}),
			{ numRuns: 500 },
		);
		expect({}).not.toHaveProperty('polluted');
	});

	test('colons and quotes inside strings are no keys', () => {
		expect(parseObject('{"a:b":"c\\":d\\\\","e":{"f":":"}}')).toEqual({ 'a:b': 'c":d\\', e: { f: ':' } });
	});

	test.each(['{"a":1,"a":1}', '{"a":1,"\\u0061":1}', '{"a":{"b":{"c":{"d":{}}}}}', '{"a":[[[[1]]]]}', '{"__x":1}', 'null', '[]', '7', '""', ''])(
		'%s is refused',
		(text) => {
			expect(() => parseObject(text)).toThrow(malformed);
		},
	);

	test('another command, and bytes, are out of order', () => {
		const wrong = expect.objectContaining({ code: 'PROTOCOL_ORDER' });
		expect(() => readCommand('{"command":"sync"}', 'identity')).toThrow(wrong);
		expect(() => readCommand(new Uint8Array(2), 'identity')).toThrow(wrong);
		expect(() => readBytes('text', 2, 'a challenge')).toThrow(wrong);
		expect(() => readBytes(new Uint8Array(3), 2, 'a challenge')).toThrow(malformed);
		expect(() => readCommand('{"command":7}', 'identity')).toThrow(malformed);
	});

	test('fields of another kind, length or alphabet are malformed', () => {
		expect(() => textOf({ a: 1 }, 'a', 9)).toThrow(malformed);
		expect(() => textOf({ a: '0123456789' }, 'a', 9)).toThrow(malformed);
		expect(() => textOf({ a: '\ud800' }, 'a', 9)).toThrow(malformed);
		expect(() => textOf({}, 'toString', 9)).toThrow(malformed);
		expect(() => hexOf({ a: 'AB0' }, 'a', 2)).toThrow(malformed);
		expect(() => hexOf({ a: '  00' }, 'a', 2)).toThrow(malformed);
		expect(hexOf({ a: 'aB01' }, 'a', 2)).toEqual(new Uint8Array([0xab, 1]));
		for (const obj of [null, 'Person', [], { $type$: 'Keys' }]) expect(() => objectOf({ obj }, 'obj', '$type$', 'Person')).toThrow(malformed);
	});
});
