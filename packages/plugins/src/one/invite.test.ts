import { FakeClock } from '@linkscope/core/testing';
import { defaultPrimitives, type OneInvitation, parseInvite } from '@linkscope/crypto';
import { hexToBytes } from '@linkscope/crypto/nacl';
import { describe, expect, test } from 'vitest';
import { formatOneInvite } from './invite.js';
import { OneTokenBook } from './tokens.js';

describe('links', () => {
	const invite = { token: new OneTokenBook().issue(), publicKey: hexToBytes('ab'.repeat(32)), url: 'wss://relay.test/path' };

	test.each(['https://edda.one/invites/invitePartner/?invited=true', 'https://edda.one/invites/invitePartner/?invited=true/', 'myapp:pair'])(
		'behind %s are read as they were written',
		(prefix) => {
			const read = parseInvite(defaultPrimitives(), formatOneInvite(prefix, invite), 0);
			expect(read).toMatchObject({ kind: 'one', publicKey: 'ab'.repeat(32), url: invite.url });
			expect((read as OneInvitation).token()).toBe(invite.token);
		},
	);

	test.each(['javascript:alert(1)', 'https://relay.test', 'wss://user:secret@relay.test', 'relay'])('to %s are not written', (url) => {
		expect(() => formatOneInvite('myapp:pair', { ...invite, url })).toThrow(TypeError);
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
