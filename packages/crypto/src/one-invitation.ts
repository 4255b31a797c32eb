import { type ControlObject, parseControlJson } from './control-json.js';
import { dialableUrl } from './invite-urls.js';

const TOKEN = /^[0-9a-zA-Z_-]{64}$/;
const PUBLIC_KEY = /^[0-9a-f]{64}$/i;

/** An invitation of ONE.models. Nobody signed it and nothing in it expires: whoever handed it on may have written it. */
export class OneInvitation {
	readonly kind = 'one';
	readonly verified = false;
	/** The inviter's Curve25519 key, 64 lower-case hex characters. */
	readonly publicKey: string;
	/** The ws: or wss: address of its relay. */
	readonly url: string;
	readonly #token: string;

	constructor(token: string, publicKey: string, url: string) {
		this.#token = token;
		this.publicKey = publicKey;
		this.url = url;
	}

	/** 64 characters, a secret. Not a getter: util.inspect may be told to call those. */
	token(): string {
		return this.#token;
	}
}

/** Whether the part of a link behind '#' was written by ONE. */
export function isOneFragment(fragment: string): boolean {
	return /^(\{|%7B)/i.test(fragment);
}

/** @returns null for what is not exactly token, publicKey and url. */
export function parseOneFragment(fragment: string): OneInvitation | null {
	const object = parseFragment(fragment);
	if (object === null || Object.keys(object).length !== 3) return null;
	const { token, publicKey, url } = object;
	const isRight = typeof token === 'string' && TOKEN.test(token) && typeof publicKey === 'string' && PUBLIC_KEY.test(publicKey);
	const dialled = typeof url === 'string' ? dialableUrl(url) : null;
	return isRight && dialled !== null ? new OneInvitation(token, publicKey.toLowerCase(), dialled) : null;
}

function parseFragment(fragment: string): ControlObject | null {
	try {
		return parseControlJson(decodeURIComponent(fragment));
	} catch {
		return null;
	}
}
