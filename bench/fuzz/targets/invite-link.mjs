import { createIdentity, createInvite, defaultPrimitives, parseInvite } from '@linkscope/crypto';
import { isCoded } from './is-coded.mjs';

const NOW_MS = 1_763_700_000_000;
const primitives = defaultPrimitives();
// The same links in every run.
const fixed = { ...primitives, randomBytes: (length) => new Uint8Array(length).fill(7) };

/** @type {import('../fuzz-target.mjs').Target} */
export const inviteLink = {
	samples() {
		const identity = createIdentity(fixed, new Uint8Array(32).fill(9));
		const one = { token: 'aZ0_'.repeat(16), publicKey: 'ab'.repeat(32), url: 'wss://comm.example' };
		return [
			createInvite(fixed, { identity, endpoints: ['wss://relay.example.org/'], nowMs: NOW_MS }).link('https://example.org/invite'),
			createInvite(fixed, { identity, endpoints: ['ws://127.0.0.1:8080/', 'wss://b.example/?x=1'], nowMs: NOW_MS, uses: 20 }).link(),
			`https://edda.example/invites/?invited=true#${encodeURIComponent(JSON.stringify(one))}`,
			`https://edda.example/invites/?invited=true/#${JSON.stringify(one)}`,
		];
	},
	run: (text) => checkInvite(parseInvite(primitives, text, NOW_MS)),
	isExpected: isCoded('INVITE_MALFORMED', 'INVITE_EXPIRED'),
};

// Hardly any text that was changed is still signed: what comes after the signature is reached by believing it.
const credulous = { ...primitives, hash: () => new Uint8Array(32), ed25519: { ...primitives.ed25519, verify: () => true } };
const KEY = 'A'.repeat(43);

/** What an inviter may have signed. @type {import('../fuzz-target.mjs').Target} */
export const inviteTerms = {
	samples: () => [
		`{"v":1,"id":"BwcHBwcHBwcHBwcHBwcHBw","key":"${KEY}","endpoints":["wss://relay.example.org/"],"iat":${NOW_MS},"exp":${NOW_MS + 1},"uses":1,"hash":"${KEY}"}`,
		`{"v":1,"id":"BwcHBwcHBwcHBwcHBwcHBw","key":"${KEY}","endpoints":["ws://[::1]:80/a?b=c","wss://b.example"],"iat":1,"exp":${NOW_MS},"uses":1000,"hash":"${KEY}","more":[]}`,
	],
	run: (json) => checkInvite(parseInvite(credulous, `a:#${Buffer.from(json).toString('base64url')}.${'A'.repeat(86)}.${KEY}`, NOW_MS)),
	isExpected: isCoded('INVITE_MALFORMED', 'INVITE_EXPIRED'),
};

function checkInvite(invite) {
	const endpoints = invite.kind === 'one' ? [invite.url] : invite.endpoints;
	for (const endpoint of endpoints) {
		const { protocol, username, password, hash } = new URL(endpoint);
		if (!/^wss?:$/.test(protocol) || username || password || hash) throw new Error('an endpoint came out that nobody may dial');
	}
	if (endpoints.length < 1 || endpoints.length > 8) throw new Error(`${endpoints.length} endpoints came out`);
	if (invite.kind !== 'one' && (invite.expiresAt <= invite.issuedAt || invite.uses < 1)) throw new Error('an invite came out that never held');
}
