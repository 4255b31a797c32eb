import { FakeClock } from '@linkscope/core/testing';
import { hexToBytes } from '@linkscope/crypto/nacl';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatOneInvite, parseOneInvite } from './invite.js';
import { OneTokenBook } from './tokens.js';

const invite = { token: 'aZ0_-'.padEnd(64, 'x'), publicKey: hexToBytes('ab'.repeat(32)), url: 'wss://relay.test/path' };
const prefix = 'https://edda.one/invites/invitePartner/?invited=true';
const malformed = expect.objectContaining({ code: 'INVITE_MALFORMED', message: expect.stringContaining('ask for a new one') });
const linkTo = (value: unknown): string => `${prefix}#${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`;

describe('links', () => {
	test.each([prefix, `${prefix}/`, 'myapp:pair'])('behind %s come back as they were', (before) => {
		expect(parseOneInvite(formatOneInvite(invite, before))).toEqual(invite);
	});

	const whole = { token: invite.token, publicKey: 'ab'.repeat(32), url: invite.url };
	test.each<[string, string]>([
		['nothing', ''],
		['no fragment', prefix],
		['a cut link', formatOneInvite(invite, prefix).slice(0, -9)],
		['broken escapes', `${prefix}#%7`],
		['a megabyte', `${prefix}#${'x'.repeat(2 ** 20)}`],
		['one part too many', linkTo({ ...whole, more: 1 })],
		['a part missing', linkTo({ token: whole.token, url: whole.url })],
		['a short token', linkTo({ ...whole, token: 'abc' })],
		['a token of other characters', linkTo({ ...whole, token: '!'.repeat(64) })],
		['a short key', linkTo({ ...whole, publicKey: 'ab' })],
		['javascript:', linkTo({ ...whole, url: 'javascript:alert(1)' })],
		['https:', linkTo({ ...whole, url: 'https://relay.test' })],
		['credentials', linkTo({ ...whole, url: 'wss://user:secret@relay.test' })],
		['__proto__', linkTo(`{"__proto__":1,"token":"${whole.token}","url":"wss://a"}`)],
		['a key twice', linkTo(JSON.stringify(whole).replace('{', `{"url":"wss://evil.test",`))],
	])('%s: INVITE_MALFORMED, and what to do', (_, link) => {
		expect(() => parseOneInvite(link)).toThrow(malformed);
	});

	test('any text is an invite or INVITE_MALFORMED, and errors never hold the link', () => {
		fc.assert(
			fc.property(
				fc.oneof(fc.string(), fc.json({ maxDepth: 1 }).map(linkTo), fc.record({ token: fc.string(), publicKey: fc.string(), url: fc.webUrl() }).map(linkTo)),
				(link) => {
					try {
						parseOneInvite(link);
					} catch (error) {
						expect(error).toMatchObject({ code: 'INVITE_MALFORMED' });
						if (link.length > 20) expect((error as Error).message).not.toContain(link);
					}
				},
			),
			{ numRuns: 300 },
		);
	});
});

describe('tokens', () => {
	test('are 64 characters, and good exactly once', () => {
		const book = new OneTokenBook();
		const token = book.issue();
		expect(token).toMatch(/^[0-9a-zA-Z_-]{64}$/);
		expect(book.issue()).not.toBe(token);
		const claims = Array.from({ length: 100 }, () => book.claim(token));
		expect(claims.filter(Boolean)).toHaveLength(1);
	});

	test('end on time, to the millisecond, and when revoked', () => {
		const clock = new FakeClock();
		const book = new OneTokenBook({ clock });
		const [first, second, revoked] = [book.issue(60_000), book.issue(60_000), book.issue()] as const;
		clock.advance(59_999);
		expect(book.claim(first)).toBe(true);
		clock.advance(1);
		expect(book.claim(second)).toBe(false);
		book.revoke(revoked);
		expect(book.claim(revoked)).toBe(false);
		expect(book.claim('')).toBe(false);
	});

	test('are bounded in number; those that ended make room', () => {
		const clock = new FakeClock();
		const book = new OneTokenBook({ clock, maxTokens: 2 });
		book.issue(1_000);
		book.issue(2_000);
		expect(() => book.issue()).toThrow(RangeError);
		clock.advance(1_000);
		book.issue();
		expect(() => book.issue(0)).toThrow(RangeError);
		expect(() => new OneTokenBook({ maxTokens: 0 })).toThrow('maxTokens');
	});
});
