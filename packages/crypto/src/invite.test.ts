import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noblePrimitives } from './backends/noble.js';
import { nodePrimitives as primitives } from './backends/node.js';
import { decodeBase64url, encodeBase64url } from './base64url.js';
import { createIdentity } from './identity.js';
import { createInvite, Invite, signedBytes } from './invite.js';
import { OneInvitation } from './one-invitation.js';
import { parseInvite } from './parse-invite.js';

const NOW = Date.UTC(2026, 10, 21);
const DAY_MS = 86_400_000;
const identity = createIdentity(primitives);
const made = createInvite(primitives, { identity, endpoints: ['wss://relay.example.org/'], nowMs: NOW });
const link = made.link('https://example.org/invite');
const fragment = link.slice(link.indexOf('#') + 1);
const [json, signature, secret] = fragment.split('.') as [string, string, string];
const malformed = expect.objectContaining({ name: 'CryptoError', code: 'INVITE_MALFORMED' });

function parse(text: string, nowMs = NOW): Invite {
	const invite = parseInvite(primitives, text, nowMs);
	if (!(invite instanceof Invite)) throw new TypeError('an invitation of ONE');
	return invite;
}

/** A link that is signed as it should be, whatever it says. */
function signed(terms: object, own: { secret?: string; by?: typeof identity } = {}): string {
	const text = JSON.stringify(terms);
	const sealed = (own.by ?? identity).sign(signedBytes(text));
	return `linkscope:invite#${encodeBase64url(new TextEncoder().encode(text))}.${encodeBase64url(sealed)}.${own.secret ?? secret}`;
}

const terms = JSON.parse(new TextDecoder().decode(decodeBase64url(json)));

test('what is written is read, and both sides have the same pairing key', () => {
	const read = parse(`  ${link}\n`);
	expect(read).toMatchObject({ kind: 'linkscope', id: made.id, endpoints: ['wss://relay.example.org/'], uses: 1, expired: false });
	expect(read).toMatchObject({ publicKey: identity.publicKey, fingerprint: identity.fingerprint, issuedAt: NOW, expiresAt: NOW + 600_000 });
	expect(read.pairingKey()).toEqual(made.pairingKey());
	expect(read.link('https://example.org/invite')).toBe(link);
	expect(createInvite(primitives, { identity, endpoints: ['wss://a/'], nowMs: NOW }).pairingKey()).not.toEqual(made.pairingKey());
});

test('a link holds what the protocol says, so that others can read it', () => {
	expect(Object.keys(terms)).toEqual(['v', 'id', 'key', 'endpoints', 'iat', 'exp', 'uses', 'hash']);
	expect(terms.hash).toBe(encodeBase64url(primitives.hash('SHA256', decodeBase64url(secret, 32))));
	const extracted = primitives.hmac('SHA256', decodeBase64url(terms.id, 16), decodeBase64url(secret, 32));
	expect(made.pairingKey()).toEqual(primitives.hmac('SHA256', extracted, new TextEncoder().encode('linkscope/1 invite'), Uint8Array.of(1)));
});

test("the backends of Node and browsers read each other's links and identities", () => {
	for (const [writer, reader] of [
		[primitives, noblePrimitives],
		[noblePrimitives, primitives],
	] as const) {
		const written = createInvite(writer, { identity: createIdentity(writer), endpoints: ['wss://a/'], nowMs: NOW });
		const read = parseInvite(reader, written.link(), NOW) as Invite;
		expect([read.fingerprint, read.pairingKey()]).toEqual([written.fingerprint, written.pairingKey()]);
	}
});

test('a typical link fits a QR code that a phone reads off a screen', () => {
	// QR version 15, error correction L: 520 bytes.
	expect(made.link().length).toBeLessThanOrEqual(520);
	expect(link.length).toBeLessThanOrEqual(520);
});

test('an invite past its time says so within a day, and is refused after it', () => {
	expect(parse(link, made.expiresAt).expired).toBe(false);
	expect(parse(link, made.expiresAt + 1).expired).toBe(true);
	expect(parse(link, made.expiresAt + DAY_MS).expired).toBe(true);
	expect(() => parse(link, made.expiresAt + DAY_MS + 1)).toThrow(
		expect.objectContaining({ code: 'INVITE_EXPIRED', message: expect.stringContaining('Ask for a new one') }),
	);
});

test('every character that is changed, left out or put in makes the link another one, and refused', () => {
	for (let at = link.indexOf('#') + 1; at < link.length; at++) {
		const other = link.charAt(at) === 'A' ? 'B' : 'A';
		for (const changed of [
			link.slice(0, at) + other + link.slice(at + 1),
			link.slice(0, at) + link.slice(at + 1),
			link.slice(0, at) + other + link.slice(at),
			link.slice(0, at),
		]) {
			expect(() => parse(changed)).toThrow(malformed);
		}
	}
});

test.each(Object.keys(terms))('a tampered %s does not pass, even with the secret at hand', (field) => {
	const value = terms[field];
	const others: Record<string, unknown> = { key: encodeBase64url(createIdentity(primitives).publicKey), endpoints: ['wss://evil.example/'] };
	const other = others[field] ?? (typeof value === 'number' ? value + 1 : encodeBase64url(primitives.randomBytes(decodeBase64url(value).length)));
	const changed = encodeBase64url(new TextEncoder().encode(JSON.stringify({ ...terms, [field]: other })));
	expect(() => parse(`linkscope:invite#${changed}.${signature}.${secret}`)).toThrow(malformed);
});

test('another secret, or the terms of one invite under the signature of another, do not pass', () => {
	const other = createInvite(primitives, { identity, endpoints: ['wss://relay.example.org/'], nowMs: NOW })
		.link()
		.split('#')[1]
		?.split('.') as string[];
	for (const parts of [
		[json, signature, other[2]],
		[json, other[1], secret],
		[other[0], signature, secret],
	]) {
		expect(() => parse(`linkscope:invite#${parts.join('.')}`)).toThrow(malformed);
	}
	expect(() => parse(signed(terms, { by: createIdentity(primitives) }))).toThrow(malformed);
});

test('relays stand beside the endpoints, or alone, and are signed like them', () => {
	for (const [endpoints, relays] of [
		[['wss://own.example/'], ['wss://relay.example/', 'ws://10.0.0.1:4100/']],
		[[], ['wss://relay.example/']],
		[[], Array(8).fill('wss://a/')],
	] as const) {
		const written = createInvite(primitives, { identity, endpoints, relays, nowMs: NOW });
		expect(parse(written.link())).toMatchObject({ id: written.id, endpoints, relays });
	}
	expect(createInvite(primitives, { identity, relays: ['wss://relay.example'], nowMs: NOW })).toMatchObject({
		endpoints: [],
		relays: ['wss://relay.example/'],
	});
});

test('an invite of before there were relays has none', () => {
	expect(Object.keys(terms)).not.toContain('relays');
	expect(parse(link).relays).toEqual([]);
});

test('a relay that was changed or put in makes the invite worth nothing', () => {
	const written = createInvite(primitives, { identity, relays: ['wss://relay.example/'], nowMs: NOW }).link();
	const [text, signature, secret] = written.slice(written.indexOf('#') + 1).split('.') as [string, string, string];
	const said = JSON.parse(new TextDecoder().decode(decodeBase64url(text)));
	for (const relays of [['wss://evil.example/'], ['wss://relay.example/', 'wss://evil.example/'], [], undefined]) {
		const changed = encodeBase64url(new TextEncoder().encode(JSON.stringify({ ...said, relays })));
		expect(() => parse(`linkscope:invite#${changed}.${signature}.${secret}`)).toThrow(malformed);
	}
	const added = encodeBase64url(new TextEncoder().encode(JSON.stringify({ ...terms, relays: ['wss://evil.example/'] })));
	expect(() => parse(`linkscope:invite#${added}.${signature}.${secret}`)).toThrow(malformed);
});

test.each([
	['neither endpoints nor relays', [], undefined],
	['nine of both together', Array(5).fill('wss://a/'), Array(4).fill('wss://b/')],
	['a relay that is no WebSocket', [], ['https://relay.example/']],
	['a relay with credentials', [], ['wss://user:pass@relay.example/']],
	['relays that are no list', ['wss://a/'], 'wss://relay.example/'],
])('%s are refused, signed or not', (_, endpoints, relays) => {
	expect(() => parse(signed({ ...terms, endpoints, relays }))).toThrow(malformed);
	expect(() => createInvite(primitives, { identity, endpoints, relays: relays as string[], nowMs: NOW })).toThrow(/endpoints|relays/);
});

test.each([
	['http:', ['https://relay.example.org/']],
	['javascript:', ['javascript:alert(1)']],
	['credentials', ['wss://user:pass@relay.example.org/']],
	['a user', ['wss://user@relay.example.org/']],
	['a fragment', ['wss://relay.example.org/#x']],
	['a relative address', ['/chat']],
	['line breaks that a URL parser drops', ['wss://relay.exa\nmple.org/']],
	['a good one and a bad one', ['wss://relay.example.org/', 'data:,x']],
	['none', []],
	['nine', Array(9).fill('wss://a/')],
])('endpoints with %s are refused, signed or not', (_, endpoints) => {
	expect(() => parse(signed({ ...terms, endpoints }))).toThrow(malformed);
	expect(() => createInvite(primitives, { identity, endpoints, nowMs: NOW })).toThrow(/endpoints/);
});

test.each([
	['another version', { v: 2 }],
	['no version', { v: undefined }],
	['a short id', { id: 'AAAA' }],
	['no uses', { uses: 0 }],
	['half a use', { uses: 1.5 }],
	['an end before its beginning', { exp: NOW - 1 }],
	['a time in words', { iat: 'now' }],
	['endpoints that are no list', { endpoints: 'wss://relay.example.org/' }],
	['nested terms', { more: { a: 1 } }],
	['a key of small order', { key: encodeBase64url(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0))) }],
])('signed nonsense is refused: %s', (_, change) => {
	expect(() => parse(signed({ ...terms, ...change }))).toThrow(malformed);
});

test('keys that nobody knows yet are left alone', () => {
	expect(parse(signed({ ...terms, colour: 'green' })).id).toBe(made.id);
});

test.each([
	['nothing', ''],
	['no fragment', 'https://example.org/invite'],
	['a fragment alone', `#${fragment}`],
	['javascript:', `javascript:alert(1)#${fragment}`],
	['javascript: in disguise', `java\nscript:alert(1)#${fragment}`],
	['data:', `data:text/html,x#${fragment}`],
	['credentials', `https://user:pass@example.org/#${fragment}`],
	['a sentence around it', `Join me: ${link}`],
	['a second #', `${link}#x`],
	['a fourth part', `${link}.AAAA`],
	['an empty part', `https://example.org/#${json}..${secret}`],
	['padding', `https://example.org/#${json}=.${signature}.${secret}`],
	['a megabyte', `https://example.org/#${'A'.repeat(2 ** 20)}`],
	['a megabyte of dots', `https://example.org/#${'.'.repeat(2 ** 20)}`],
])('refuses %s with a sentence for a person, which never quotes the link', (_, text) => {
	expect(() => parse(text)).toThrow(malformed);
	expect(() => parse(text)).toThrow(/Copy the|ask for a new one/);
	expect(() => parse(text)).toThrow(expect.objectContaining({ message: expect.not.stringContaining(secret) }));
});

test('options that make no invite are refused by name', () => {
	const options = { identity, endpoints: ['wss://a/'], nowMs: NOW };
	expect(() => createInvite(primitives, { ...options, uses: 0 })).toThrow(/^uses/);
	expect(() => createInvite(primitives, { ...options, uses: 1001 })).toThrow(RangeError);
	expect(() => createInvite(primitives, { ...options, expiresInMs: Number.NaN })).toThrow(/^expiresInMs/);
	expect(() => createInvite(primitives, { ...options, nowMs: -1 })).toThrow(/^nowMs/);
	for (const prefix of ['', 'invite', 'javascript:alert(1)', 'https://a:b@example.org/', 'https://example.org/#x', 'https://example.org/ x']) {
		expect(() => made.link(prefix)).toThrow(TypeError);
	}
	const long = createInvite(primitives, { ...options, endpoints: Array(8).fill(`wss://a/${'x'.repeat(500)}`) });
	expect(() => long.link()).toThrow(RangeError);
});

test('the secret shows in link() and nowhere else', () => {
	const read = parse(link);
	for (const invite of [made, read]) {
		const shown = [JSON.stringify(invite), String(invite), inspect(invite, { showHidden: true, depth: 9, maxArrayLength: null })].join('\n');
		expect(shown).toContain(made.id);
		for (const hidden of [secret, [...decodeBase64url(secret)].join(', '), encodeBase64url(made.pairingKey())]) expect(shown).not.toContain(hidden);
	}
});

const one = { token: `${'aZ09_-'.repeat(10)}aZ09`, publicKey: 'AB'.repeat(32), url: 'wss://comm.example.org' };

test.each([
	['https://edda.example/invites/invitePartner/?invited=true#', encodeURIComponent(JSON.stringify(one))],
	['https://edda.example/invites/invitePartner/?invited=true/#', JSON.stringify(one)],
])('an invitation of ONE is recognised and never called verified: %s', (prefix, written) => {
	const invitation = parseInvite(primitives, prefix + written, NOW);
	expect(invitation).toBeInstanceOf(OneInvitation);
	expect(invitation).toMatchObject({ kind: 'one', verified: false, publicKey: 'ab'.repeat(32), url: 'wss://comm.example.org/' });
	expect((invitation as OneInvitation).token()).toBe(one.token);
	expect(JSON.stringify(invitation) + inspect(invitation, { showHidden: true, getters: true })).not.toContain(one.token);
});

test.each([
	['a key more', { ...one, more: 'x' }],
	['a key less', { token: one.token, url: one.url }],
	['a short token', { ...one, token: 'x' }],
	['another alphabet', { ...one, token: '!'.repeat(64) }],
	['a short key', { ...one, publicKey: 'ab' }],
	['javascript:', { ...one, url: 'javascript:alert(1)' }],
	['credentials', { ...one, url: 'wss://a:b@comm.example.org' }],
	['an object for a url', { ...one, url: {} }],
])('an invitation of ONE with %s is refused', (_, invitation) => {
	for (const written of [encodeURIComponent(JSON.stringify(invitation)), JSON.stringify(invitation)]) {
		expect(() => parseInvite(primitives, `https://edda.example/#${written}`, NOW)).toThrow(malformed);
	}
	expect(() => parseInvite(primitives, `https://edda.example/#${encodeURIComponent(JSON.stringify(one)).slice(0, -1)}`, NOW)).toThrow(malformed);
	expect(() => parseInvite(primitives, 'https://edda.example/#%7B%', NOW)).toThrow(malformed);
});

test('any text is an invite or is refused as none', () => {
	const pieces = fc.string({
		unit: fc.constantFrom('linkscope:invite', '#', json, signature, secret, '.', '%7B', '{', '"', ':', 'A', '\ud800', '%', ' '),
		maxLength: 8,
	});
	const wrapped = fc.json({ maxDepth: 2 }).map((text) => `a:#${encodeBase64url(new TextEncoder().encode(text))}.${signature}.${secret}`);
	fc.assert(
		fc.property(fc.oneof(pieces, fc.string(), wrapped), (text) => {
			try {
				parse(text);
			} catch (error) {
				expect(error).toMatchObject({ code: 'INVITE_MALFORMED' });
			}
		}),
		{ numRuns: 2000 },
	);
});
