import { createIdentity, createInvite } from 'linkscope';
import { describe, expect, it, vi } from 'vitest';
import { readLink, warningsOf } from './invite-link.js';

const PAGE = 'http://127.0.0.1:4180/';
const identity = createIdentity();
const invite = await createInvite({ identity, endpoints: ['ws://192.0.2.1/'] });
const link = invite.link(PAGE);
const [json, signature, secret] = link.slice(link.indexOf('#') + 1).split('.') as [string, string, string];
const one = `https://edda.example/#${encodeURIComponent(JSON.stringify({ token: 'a'.repeat(64), publicKey: 'ab'.repeat(32), url: 'wss://comm.example' }))}`;

describe('a link', () => {
	it('is an invite when its signature is right, with white space around it too', () => {
		expect(readLink(`  ${link}\n`)).toMatchObject({ kind: 'invite', link, invite: { fingerprint: identity.fingerprint } });
		expect(readLink(' \n')).toEqual({ kind: 'nothing' });
	});

	it.each([
		['a sentence', 'hello', 'This is no invite link'],
		['another page', 'https://example.org/#chapter-2', 'This is no invite link'],
		['a link in a sentence', `Join me: ${link}`, 'This is no invite link'],
		['a link that a mail program broke into lines', `${link.slice(0, 80)}\n${link.slice(80)}`, 'This link was cut short'],
		['a link without its last letters', link.slice(0, -3), 'This link was cut short'],
		['a link without its secret', link.slice(0, link.lastIndexOf('.')), 'This link was cut short'],
		['a changed letter', `${PAGE}#${json.slice(0, -1)}${json.endsWith('A') ? 'B' : 'A'}.${signature}.${secret}`, 'This link was changed on its way'],
		['another secret', `${PAGE}#${json}.${signature}.${'A'.repeat(43)}`, 'This link was changed on its way'],
		['an invite of ONE', one, 'This is an invite of ONE.models'],
		['a cut one of ONE', one.slice(0, -9), 'This is no invite link'],
	])('says what it is instead: %s', (_, text, title) => {
		const read = readLink(text);
		expect(read).toMatchObject({ kind: 'refused', problem: { title, step: 'validate', isFinal: true } });
		expect(JSON.stringify(read)).not.toContain(secret);
	});

	it('that ended long ago is refused, one that ended just now carries a warning', async () => {
		const short = await createInvite({ identity, endpoints: ['ws://127.0.0.1/'], expiresInMs: 1 });
		vi.useFakeTimers({ now: short.expiresAt + 2000, toFake: ['Date'] });
		const read = readLink(short.link());
		expect(read).toMatchObject({ kind: 'invite', invite: { expired: true } });
		if (read.kind === 'invite') expect(warningsOf(read.invite, { protocol: 'http:' })).toEqual([expect.stringContaining('its time is over')]);
		vi.setSystemTime(short.expiresAt + 2 * 86_400_000);
		expect(readLink(short.link())).toMatchObject({ kind: 'refused', problem: { code: 'INVITE_EXPIRED', title: 'This invite has expired' } });
		vi.useRealTimers();
	});
});

describe('a warning', () => {
	it.each([
		['http:', ['ws://192.0.2.1/'], 0],
		['https:', ['ws://192.0.2.1/'], 1],
		['https:', ['ws://192.0.2.1/', 'wss://example.org/'], 0],
		['https:', ['ws://127.0.0.1:1/'], 0],
	])('on a page of %s for %j: %i', async (protocol, endpoints, count) => {
		expect(warningsOf(await createInvite({ identity, endpoints }), { protocol })).toHaveLength(count);
	});
});
