import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesField, integerField, listField, MAX_CONTROL_BYTES, parseControlJson, textField } from './control-json.js';

const malformed = expect.objectContaining({ name: 'CryptoError', code: 'MALFORMED_FRAME' });

test('reads strings, numbers, booleans and lists of strings, and leaves unknown keys to the reader', () => {
	const object = parseControlJson(' {"type":"auth","v":1,"e":"AAEC","on":true,"list":["a","b"],"none":[],"new":-1.5e3}\n');
	expect({ ...object }).toEqual({ type: 'auth', v: 1, e: 'AAEC', on: true, list: ['a', 'b'], none: [], new: -1500 });
	expect(textField(object, 'type')).toBe('auth');
	expect(integerField(object, 'v', 1, 1)).toBe(1);
	expect(bytesField(object, 'e', 3)).toEqual(new Uint8Array([0, 1, 2]));
	expect(listField(object, 'list')).toEqual(['a', 'b']);
});

test.each([
	['no JSON', '{"a":1'],
	['nothing', ''],
	['a list', '["a"]'],
	['null', 'null'],
	['a string', '"a"'],
	['two objects', '{"a":1}{"b":2}'],
	['a null value', '{"a":null}'],
	['an object inside', '{"a":{}}'],
	['a list in a list', '{"a":[["b"]]}'],
	['a number in a list', '{"a":[1]}'],
	['a number that is infinite', '{"a":1e999}'],
	['a key twice', '{"a":1,"a":1}'],
	['a key twice, written differently', '{"a":1,"\\u0061":1}'],
	['an object hidden behind an equal key', '{"a":{"b":1},"a":1}'],
	['quotes and colons in front of an equal key', '{"x":"\\\\\\":{","a":1,"a":2}'],
	['__proto__', '{"__proto__":"x"}'],
	['__proto__, escaped', '{"\\u005f_proto__":true}'],
	['any key that begins with __', '{"__x":1}'],
	['a lone surrogate', '{"a":"\\ud800"}'],
	['a lone surrogate in a list', '{"a":["\\udc00"]}'],
	['a lone surrogate in a key', '{"\\udc00":1}'],
	['65 items', JSON.stringify({ a: Array(65).fill('') })],
	['a comment', '{"a":1/**/}'],
	['a trailing comma', '{"a":1,}'],
	['single quotes', "{'a':1}"],
	['a byte order mark', '\ufeff{"a":1}'],
	['deep nesting', `{"a":${'['.repeat(8000)}${']'.repeat(8000)}}`],
	['nesting that never ends', '['.repeat(MAX_CONTROL_BYTES)],
])('refuses %s', (_, text) => {
	expect(() => parseControlJson(text)).toThrow(malformed);
});

test('counts its limit in bytes, and takes a message of exactly so many', () => {
	const around = '{"a":""}'.length;
	expect(parseControlJson(JSON.stringify({ a: 'x'.repeat(MAX_CONTROL_BYTES - around) })).a).toHaveLength(MAX_CONTROL_BYTES - around);
	expect(() => parseControlJson(JSON.stringify({ a: 'x'.repeat(MAX_CONTROL_BYTES - around + 1) }))).toThrow(malformed);
	expect(() => parseControlJson(JSON.stringify({ a: '\u00e9'.repeat((MAX_CONTROL_BYTES - around) / 2 + 1) }))).toThrow(malformed);
});

test('what is read has nothing that the peer did not write', () => {
	const object = parseControlJson('{"constructor":"x","hasOwnProperty":true}');
	expect(Object.getPrototypeOf(object)).toBe(null);
	expect((parseControlJson('{}') as Record<string, unknown>).constructor).toBeUndefined();
	expect(() => textField(parseControlJson('{}'), 'toString')).toThrow(malformed);
});

test('colons, quotes and backslashes inside strings are no keys', () => {
	const written = { 'a:"b"\\': ':::"\\"\\\\', 'c\\': ['":"', '\\', ':'] };
	expect({ ...parseControlJson(JSON.stringify(written)) }).toEqual(written);
});

test('fields of another kind are refused by name, without what they hold', () => {
	const object = parseControlJson('{"secret":"c2VjcmV0!","n":1.5,"list":"x"}');
	expect(() => textField(object, 'n')).toThrow(malformed);
	expect(() => integerField(object, 'n')).toThrow('"n" must be a whole number');
	expect(() => integerField(object, 'secret')).toThrow(malformed);
	expect(() => listField(object, 'list')).toThrow(malformed);
	expect(() => bytesField(object, 'secret', 32)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('c2VjcmV0') }));
	expect(() => parseControlJson('{"c2VjcmV0')).toThrow(expect.objectContaining({ message: expect.not.stringContaining('c2VjcmV0') }));
});

test('reads back every flat object that JSON.stringify writes', () => {
	const text = fc.string({ unit: 'grapheme', maxLength: 20 });
	const value = fc.oneof(text, fc.boolean(), fc.integer(), fc.array(text, { maxLength: 64 }));
	const key = text.filter((name) => !name.startsWith('__'));
	fc.assert(
		fc.property(fc.dictionary(key, value, { maxKeys: 8, noNullPrototype: true }), (object) => {
			const read = parseControlJson(JSON.stringify(object));
			expect(Object.entries(read)).toEqual(Object.entries(object));
		}),
	);
});

test('any text is read or refused, and nothing is polluted', () => {
	const json = fc.string({
		unit: fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', '1', 'a', '__proto__', 'true', 'null', ' ', '\\u0061', '{"a":'),
		maxLength: 24,
	});
	fc.assert(
		fc.property(fc.oneof(json, fc.string(), fc.json()), (text) => {
			try {
				parseControlJson(text);
			} catch (error) {
				expect(error).toMatchObject({ code: 'MALFORMED_FRAME' });
			}
			expect(Object.keys(Object.prototype)).toEqual([]);
			expect(({} as Record<string, unknown>).a).toBeUndefined();
		}),
		{ numRuns: 3000 },
	);
});

test('hostile messages of the greatest size cost no more than honest ones', () => {
	// Quadratic time would be minutes: the runner's own limit is the check.
	for (const unit of ['\\', '"', '\\"', '":"', ':', '"a":1,', '[', '{"a":', '\\":']) {
		const text = unit.repeat(Math.floor((MAX_CONTROL_BYTES - 16) / unit.length));
		for (const hostile of [text, `{"a":"${text}`, `{"a":"${text}"}`, `{"a":["${text}"]}`]) {
			for (let i = 0; i < 50; i++) {
				try {
					parseControlJson(hostile);
				} catch (error) {
					expect(error).toMatchObject({ code: 'MALFORMED_FRAME' });
				}
			}
		}
	}
});
