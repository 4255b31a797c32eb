import { LinkscopeError } from '@linkscope/core';
import { bytesToHex, hexToBytes } from '@linkscope/crypto/nacl';
import { KEY_BYTES, parseObject } from './commands.js';

/** What an inviter hands over: anybody who has it may pair once, until the inviter's timer ends. */
export interface OneInvite {
	/** 64 characters of [0-9a-zA-Z_-]. A secret. */
	readonly token: string;
	/** The inviter's instance key, 32 bytes. */
	readonly publicKey: Uint8Array;
	/** Its relay, or itself: ws: or wss:. */
	readonly url: string;
}

export const TOKEN = /^[0-9a-zA-Z_-]{64}$/;
export const MAX_URL_CHARS = 2_048;

const MAX_LINK_CHARS = 8_192;

/** @param prefix e.g. `https://edda.one/invites/invitePartner/?invited=true`; the invite stands in the fragment, which browsers never send. */
export function formatOneInvite({ token, publicKey, url }: OneInvite, prefix: string): string {
	return `${prefix}#${encodeURIComponent(JSON.stringify({ token, publicKey: bytesToHex(publicKey), url }))}`;
}

/**
 * @param link the whole link.
 * @throws LinkscopeError INVITE_MALFORMED; the message never holds the link.
 */
export function parseOneInvite(link: string): OneInvite {
	if (typeof link !== 'string' || link.length > MAX_LINK_CHARS) throw malformedInvite(`it is longer than ${MAX_LINK_CHARS} characters`);
	const at = link.indexOf('#');
	if (at < 0) throw malformedInvite('the part behind # is missing');
	const object = readFragment(link.slice(at + 1));
	const { token, publicKey, url } = object;
	if (Object.keys(object).length !== 3) throw malformedInvite('it has other parts than token, publicKey and url');
	if (typeof token !== 'string' || !TOKEN.test(token)) throw malformedInvite('its token is damaged');
	if (typeof publicKey !== 'string' || publicKey.length !== 2 * KEY_BYTES || !/^[0-9a-f]*$/i.test(publicKey)) throw malformedInvite('its key is damaged');
	if (!isSocketUrl(url)) throw malformedInvite('its address is not a ws: or wss: URL');
	return { token, publicKey: hexToBytes(publicKey), url };
}

/** ws: or wss:, without credentials, of bounded length. */
export function isSocketUrl(text: unknown): text is string {
	if (typeof text !== 'string' || text.length > MAX_URL_CHARS) return false;
	try {
		const { protocol, username, password } = new URL(text);
		return (protocol === 'ws:' || protocol === 'wss:') && username === '' && password === '';
	} catch {
		return false;
	}
}

function readFragment(fragment: string): Readonly<Record<string, unknown>> {
	try {
		return parseObject(decodeURIComponent(fragment));
	} catch {
		throw malformedInvite('the part behind # cannot be read');
	}
}

function malformedInvite(what: string): LinkscopeError {
	return new LinkscopeError('INVITE_MALFORMED', `this is no complete invitation: ${what}. Copy the whole link, or ask for a new one.`);
}
