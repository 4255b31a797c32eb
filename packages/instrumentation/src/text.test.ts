import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clean, cut, redactUrl } from './text.js';

describe('redactUrl', () => {
	const cases: readonly (readonly [string, string])[] = [
		['wss://host', 'wss://host'],
		['wss://host/', 'wss://host'],
		['wss://host:8443/path', 'wss://host:8443/path'],
		['memory:pair/a', 'memory:pair/a'],
		['wss://host/path?token=SECRET&room=SECRET', 'wss://host/path?token=…&room=…'],
		['wss://host/?SECRET', 'wss://host/?…'],
		['wss://host/?SECRET&a=1', 'wss://host/?…&a=…'],
		['wss://host/?a=1;token=SECRET', 'wss://host/?a=…'],
		['wss://host/?a=b?c=SECRET', 'wss://host/?a=…'],
		[`wss://host/?${'SECRET'.repeat(20)}=`, 'wss://host/?…'],
		['wss://host/path#SECRET', 'wss://host/path'],
		['wss://host/?a=1#SECRET', 'wss://host/?a=…'],
		['wss://SECRET:SECRET@host/path', 'wss://host/path'],
		['wss://SECRET@host', 'wss://host/'],
		['wss://SECRET:SECRET@SECRET@host/', 'wss://host/'],
		['wss:SECRET:SECRET@host/path', 'wss://host/path'],
		['wss:\\\\SECRET:SECRET@host\\path', 'wss://host/path'],
		['wss:///SECRET:SECRET@host', 'wss://host/'],
		[' wss://SECRET:SECR\nET@host', 'wss://host/'],
		['wss://user:SECRET/SECRET@host/x', 'wss://host/x'],
		['wss://user:SECRET?SECRET@host/x', 'wss://host/x'],
		['wss://user:SECRET#SECRET@host/x', 'wss://host/x'],
		['//SECRET:SECRET@host/x', 'host/x'],
		['SECRET@host', 'host'],
		['ble:SECRET@device', 'ble:device'],
		['wss://host/@someone/x', 'wss://host/@someone/x'],
		['wss://host/?mail=SECRET@SECRET', 'wss://host/?mail=…'],
		['', ''],
	];
	test.each(cases)('%j reads %j', (url, shown) => {
		expect(redactUrl(url)).toBe(shown);
		expect(redactUrl(url)).not.toContain('SECRET');
	});

	test('a URL of a megabyte reads short, with its credentials gone', () => {
		const shown = redactUrl(`wss://user:${'SECRET'.repeat(200_000)}@host/?${'&a=1'.repeat(1_000_000)}`);
		expect(shown).toMatch(/^wss:\/\/host\/\?…&a=…&a=…/);
		expect(shown.length).toBeLessThan(10_000);
	});

	test('never shows a password or a value of a valid URL, and says the same of what it said', () => {
		const word = fc.nat(1e6).map((n) => `w${n.toString(36)}`);
		fc.assert(
			fc.property(word, word, (host, key) => {
				const shown = redactUrl(`wss://user:TOPSECRET@h${host}.example/p?${key}=TOPSECRET&TOPSECRET#TOPSECRET`);
				expect(shown).toBe(`wss://h${host}.example/p?${key}=…&…`);
				expect(redactUrl(shown)).toBe(shown);
			}),
		);
		fc.assert(
			fc.property(fc.string({ unit: 'binary' }), (url) => {
				redactUrl(url);
			}),
		);
	});
});

describe('clean', () => {
	test('leaves text as people write it alone', () => {
		for (const text of ['Close called.', 'größer', '置き換え', '🚀 gone <b>']) expect(clean(text)).toBe(text);
	});

	test('escapes what could forge a line, turn it around or drive a terminal', () => {
		expect(clean('a\r\nb')).toBe('a\\u{d}\\u{a}b');
		expect(clean('\u001b[31mred')).toBe('\\u{1b}[31mred');
		expect(clean('\u202egnp.exe')).toBe('\\u{202e}gnp.exe');
		expect(clean('\u2028\u2066\u200b\ufeff')).toBe('\\u{2028}\\u{2066}\\u{200b}\\u{feff}');
		expect(clean('\ud800')).toBe('\\u{d800}');
		expect(clean('\u{e0041}')).toBe('\\u{e0041}');
	});

	test('redacts URLs inside a text before it cuts it', () => {
		expect(clean('dialling wss://me:SECRET@host/?t=SECRET failed')).toBe('dialling wss://host/?t=… failed');
		expect(clean(`${'x '.repeat(90)}wss://me:${'SECRET'.repeat(40)}@host`)).not.toContain('SECRET');
		expect(clean(`${'x '.repeat(2040)}wss://me:${'SECRET'.repeat(40)}@host`, 5000)).not.toContain('SECRET');
	});

	test('never splits a character where it cuts', () => {
		expect(cut('ab🚀cd', 4)).toBe('ab…');
		expect(clean('🚀'.repeat(200))).toBe(`${'🚀'.repeat(99)}…`);
	});

	test('takes what is no text', () => {
		expect(clean(undefined)).toBe('undefined');
		expect(clean({})).toBe('[object Object]');
	});
});
