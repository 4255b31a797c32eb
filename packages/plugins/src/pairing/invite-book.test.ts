import { FakeClock } from '@linkscope/core/testing';
import { createIdentity, createInvite, defaultPrimitives, encodeBase64url, type Invite } from '@linkscope/crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoryStorage } from '../trust/storage.js';
import { type ClaimResult, createInviteBook, type InviteBook } from './invite-book.js';
import { ledgerText, MAX_INVITES, parseLedger } from './invite-ledger.js';

const primitives = defaultPrimitives();
const inviter = createIdentity(primitives);
const LIFE_MS = 600_000;
const DAY_MS = 86_400_000;

function bench(storage = memoryStorage(), clock = new FakeClock()) {
	const book = createInviteBook({ storage, clock });
	const issue = async (uses = 1): Promise<Invite> => {
		const invite = createInvite(primitives, { identity: inviter, endpoints: ['wss://a/'], nowMs: clock.epoch(), expiresInMs: LIFE_MS, uses });
		await book.add(invite);
		return invite;
	};
	return { book, clock, storage, issue };
}

const identity = (n: number): Uint8Array => new Uint8Array(32).fill(n % 256).fill(n >> 8, 0, 1);
const right = (invite: Invite) => (key: Uint8Array) => encodeBase64url(key) === encodeBase64url(invite.pairingKey());
const wrong = () => false;

function claim(book: InviteBook, invite: Invite, who = 1, proves: (key: Uint8Array) => boolean = right(invite)): Promise<ClaimResult> {
	return book.claim({ inviteId: invite.id, identity: identity(who), proves });
}

test('what is no storage keeps no invites', () => {
	expect(() => createInviteBook({ storage: '/a/path' as never })).toThrow(/^storage must be a storage, got string/);
});

test('the first valid proof uses an invite up, and its user may come again', async () => {
	const { book, issue } = bench();
	const invite = await issue();
	expect(await book.find(invite.id)).toMatchObject({ id: invite.id, uses: 1, usedBy: [], state: 'open' });
	expect(await claim(book, invite)).toEqual({ accepted: true, pairingKey: invite.pairingKey(), issuedAt: invite.issuedAt });
	expect(await book.find(invite.id)).toMatchObject({ usedBy: [encodeBase64url(identity(1))], state: 'used' });
	expect(await claim(book, invite)).toMatchObject({ accepted: true });
	expect(await claim(book, invite, 2)).toEqual({ accepted: false, reason: 'used' });
	expect((await book.list()).map(({ usedBy }) => usedBy.length)).toEqual([1]);
});

test.each([1, 3])('of 100 identities racing for an invite of %i, exactly so many win', async (uses) => {
	const slow = memoryStorage();
	const { book, issue } = bench({ ...slow, update: (name, change) => Promise.resolve().then(() => slow.update(name, change)) });
	const invite = await issue(uses);
	const results = await Promise.all(Array.from({ length: 100 }, (_, who) => claim(book, invite, who)));
	expect(results.filter(({ accepted }) => accepted)).toHaveLength(uses);
	expect((await book.find(invite.id))?.usedBy).toHaveLength(uses);
});

test('an invite holds to its last millisecond and not one longer, for those who used it too', async () => {
	const { book, clock, issue } = bench();
	const [used, open] = [await issue(2), await issue(2)];
	clock.advance(LIFE_MS);
	expect(await claim(book, used)).toMatchObject({ accepted: true });
	clock.advance(1);
	expect(await claim(book, used)).toEqual({ accepted: false, reason: 'expired' });
	expect(await claim(book, open)).toEqual({ accepted: false, reason: 'expired' });
	expect((await book.list()).map(({ state }) => state)).toEqual(['expired', 'expired']);
});

test('a revoked invite pairs nobody, whoever used it before', async () => {
	const { book, issue } = bench();
	const invite = await issue(2);
	await claim(book, invite);
	expect(await book.revoke(invite.id)).toBe(true);
	for (const who of [1, 2]) expect(await claim(book, invite, who)).toEqual({ accepted: false, reason: 'revoked' });
	await book.add(invite);
	expect(await book.find(invite.id)).toMatchObject({ state: 'revoked' });
	expect(await book.revoke('AAAAAAAAAAAAAAAAAAAAAA')).toBe(false);
});

test('five wrong proofs shut an identity out for an hour, and never the invite', async () => {
	const { book, clock, issue } = bench();
	const invite = await issue();
	for (let i = 0; i < 4; i++) expect(await claim(book, invite, 1, wrong)).toEqual({ accepted: false, reason: 'wrong' });
	expect(await book.claim({ inviteId: 'AAAAAAAAAAAAAAAAAAAAAA', identity: identity(1), proves: () => true })).toEqual({ accepted: false, reason: 'unknown' });
	expect(await claim(book, invite, 1)).toEqual({ accepted: false, reason: 'shut-out' });
	expect(await claim(book, invite, 2)).toMatchObject({ accepted: true });
	clock.advance(3_600_000);
	const another = await issue();
	expect(await claim(book, another, 1)).toMatchObject({ accepted: true });
});

test('a right proof for an invite that has ended is no guess', async () => {
	const { book, issue } = bench();
	const [ended, open] = [await issue(), await issue()];
	await book.revoke(ended.id);
	for (let i = 0; i < 9; i++) expect(await claim(book, ended)).toEqual({ accepted: false, reason: 'revoked' });
	expect(await claim(book, open)).toMatchObject({ accepted: true });
});

test('a stranger with many identities fills no memory, and shuts nobody else out', async () => {
	const { book, issue } = bench();
	const invite = await issue();
	for (let i = 0; i < 5; i++) await claim(book, invite, 7, wrong);
	expect(await claim(book, invite, 7)).toEqual({ accepted: false, reason: 'shut-out' });
	for (let who = 1000; who < 1000 + 1024; who++) await claim(book, invite, who, wrong);
	// The oldest was forgotten: remembering it for ever would be the stranger's to misuse.
	expect(await claim(book, invite, 7)).toMatchObject({ accepted: true });
});

test('every claim asks for its proof exactly once, so that unknown and known invites take the same work', async () => {
	const { book, issue } = bench();
	const invite = await issue();
	const asked: string[] = [];
	for (const inviteId of [invite.id, 'AAAAAAAAAAAAAAAAAAAAAA']) {
		await book.claim({ inviteId, identity: identity(1), proves: (key) => asked.push(`${inviteId} ${key.length}`) < 0 });
	}
	expect(asked).toEqual([`${invite.id} 32`, 'AAAAAAAAAAAAAAAAAAAAAA 32']);
});

test('what was issued, used and revoked outlives the process', async () => {
	const { storage, clock, issue, book } = bench();
	const [used, revoked, open] = [await issue(), await issue(), await issue()];
	await claim(book, used);
	await book.revoke(revoked.id);
	const again = bench(storage, clock).book;
	expect((await again.list()).map(({ state }) => state)).toEqual(['used', 'revoked', 'open']);
	expect(await claim(again, used, 2)).toEqual({ accepted: false, reason: 'used' });
	expect(await claim(again, open, 2)).toMatchObject({ accepted: true });
});

test('nothing but the storage and an accepted claim ever has the secret', async () => {
	const { book, issue } = bench();
	const invite = await issue();
	await claim(book, invite, 1, wrong);
	const shown = JSON.stringify([await book.list(), await book.find(invite.id), book, await claim(book, invite, 2, wrong)]);
	expect(shown).toContain(invite.id);
	expect(shown).not.toContain(encodeBase64url(invite.pairingKey()));
});

test('a claim that cannot be written down is no claim', async () => {
	const storage = memoryStorage();
	let isFull = false;
	const failing = {
		...storage,
		update: (...args: Parameters<typeof storage.update>) => (isFull ? Promise.reject(new Error('disk full')) : storage.update(...args)),
	};
	const { book, issue } = bench(failing);
	const invite = await issue();
	isFull = true;
	await expect(claim(book, invite)).rejects.toThrow('disk full');
	isFull = false;
	expect(await claim(book, invite, 2)).toMatchObject({ accepted: true });
});

test('invites are forgotten a day after they ended, and 1,000 are kept at once', async () => {
	const { book, clock, issue, storage } = bench();
	const pairingKey = 'A'.repeat(43);
	const ids = Array.from({ length: MAX_INVITES }, (_, n) => encodeBase64url(identity(n).subarray(0, 16)));
	const full = ids.map((id) => [id, { id, pairingKey, issuedAt: 0, expiresAt: clock.epoch() + LIFE_MS, uses: 1, revokedAt: null, usedBy: [] }] as const);
	await storage.update('invites', () => ledgerText(new Map(full)));
	await expect(issue()).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
	clock.advance(LIFE_MS + DAY_MS + 1);
	await issue();
	expect(await book.list()).toHaveLength(1);
});

test('a ledger that was damaged is refused, named by its line, and left as it is', async () => {
	const storage = memoryStorage();
	const { issue } = bench(storage);
	await issue();
	const text = (await storage.read('invites')) as string;
	const lines = text.trimEnd().split('\n');
	for (const damaged of [
		'',
		'{}',
		text.slice(0, -5),
		`${text}${lines[1]}\n`,
		`${text}{"used":"AAAAAAAAAAAAAAAAAAAAAA","by":"x"}\n`,
		text.replace('"v":1', '"v":2'),
	]) {
		await storage.update('invites', () => damaged);
		const { book } = bench(storage);
		await expect(book.list()).rejects.toMatchObject({ code: 'STORE_UNREADABLE', message: expect.stringMatching(/line \d/) });
		await expect(book.revoke('x')).rejects.toMatchObject({ code: 'STORE_UNREADABLE' });
		expect(await storage.read('invites')).toBe(damaged);
	}
});

test('any text is a ledger or is refused as none', () => {
	const line = fc.constantFrom(
		'{"type":"linkscope invites","v":1}',
		`{"invite":"${'A'.repeat(22)}","key":"${'A'.repeat(43)}","iat":0,"exp":1,"uses":1}`,
		`{"used":"${'A'.repeat(22)}","by":"${'A'.repeat(43)}"}`,
		'{"invite":1}',
		'',
		'x',
	);
	fc.assert(
		fc.property(fc.array(line, { maxLength: 4 }), (lines) => {
			const text = `${lines.join('\n')}\n`;
			try {
				expect(ledgerText(parseLedger(text))).toBe(text);
			} catch (error) {
				expect(error).toBeInstanceOf(TypeError);
			}
		}),
	);
});
