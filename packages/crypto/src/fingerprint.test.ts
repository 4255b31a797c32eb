import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fingerprintOf, parseFingerprint } from './fingerprint.js';

const publicKey = fc.uint8Array({ minLength: 32, maxLength: 32 });

test('a fingerprint is 20 bytes of SHA-256 in Crockford base32, in groups of four', () => {
	expect(fingerprintOf(new Uint8Array(32))).toBe('csm7-nbfr-cayq-ev4f-r65r-x7we-4049-e545');
	fc.assert(fc.property(publicKey, (key) => fingerprintOf(key) === byBigInt(key)));
});

test('a fingerprint copied by hand is the same one, whatever was made of its letters and dashes', () => {
	fc.assert(
		fc.property(publicKey, (key) => {
			const fingerprint = fingerprintOf(key);
			const typed = fingerprint.toUpperCase().replaceAll('-', ' ').replaceAll('0', 'O').replace('1', 'l').replace('1', 'I');
			expect(parseFingerprint(` ${typed}`)).toBe(fingerprint);
			expect(parseFingerprint(fingerprint.replaceAll('-', ''))).toBe(fingerprint);
		}),
	);
});

test.each([
	'',
	'csm7',
	'csm7-nbfr-cayq-ev4f-r65r-x7we-4049-e54',
	'usm7-nbfr-cayq-ev4f-r65r-x7we-4049-e545',
	'csm7-nbfr-cayq-ev4f-r65r-x7we-4049-e5455',
	'-'.repeat(1e6),
])('refuses what is no fingerprint: %.60j', (text) => expect(parseFingerprint(text)).toBeNull());

/** The same by other means. */
function byBigInt(key: Uint8Array): string {
	const digest = createHash('sha256').update(key).digest('hex').slice(0, 40);
	const digits = BigInt(`0x${digest}`).toString(32).padStart(32, '0');
	const crockford = digits.replace(/./g, (digit) => '0123456789abcdefghjkmnpqrstvwxyz'.charAt(Number.parseInt(digit, 32)));
	return (crockford.match(/.{4}/g) as string[]).join('-');
}
