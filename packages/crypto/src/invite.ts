import { decodeBase64url, encodeBase64url } from './base64url.js';
import { fingerprintOf } from './fingerprint.js';
import { expand } from './hkdf.js';
import type { Identity } from './identity.js';
import { checkPrefix, dialableUrl } from './invite-urls.js';
import type { Primitives } from './primitives.js';

/** A link has at most so many characters. */
export const MAX_INVITE_CHARACTERS = 4096;
/** Endpoints and relays together. */
export const MAX_INVITE_ADDRESSES = 8;
export const INVITE_ID_BYTES = 16;
export const INVITE_SECRET_BYTES = 32;

const DEFAULT_PREFIX = 'linkscope:invite';
const DEFAULT_LIFE_MS = 10 * 60_000;
const MAX_LIFE_MS = 366 * 86_400_000;
const MAX_USES = 1000;

/** What an invite says. Whoever has its link may pair with the identity that signed it. */
export interface InviteTerms {
	/** 16 bytes as base64url. */
	readonly id: string;
	/** The inviter's identity: an Ed25519 public key, 32 bytes. */
	readonly publicKey: Uint8Array;
	/** ws: or wss: addresses at which the inviter can be reached, best first. */
	readonly endpoints: readonly string[];
	/** ws: or wss: addresses of relays at which the inviter waits, best first. */
	readonly relays: readonly string[];
	/** Milliseconds since 1970, by the inviter's clock. */
	readonly issuedAt: number;
	readonly expiresAt: number;
	/** How many identities may pair by it. */
	readonly uses: number;
}

/** What travels: the terms as they were written, who signed them, and what proves that somebody was invited. */
export interface InviteParts {
	readonly json: string;
	/** 64 bytes. */
	readonly signature: Uint8Array;
	/** 32 bytes. */
	readonly secret: Uint8Array;
}

export interface InviteOptions {
	/** The inviter. */
	identity: Identity;
	/** ws: or wss: addresses of the inviter's own, best first. The shorter they are, the smaller is the QR code. */
	endpoints?: readonly string[];
	/** The same of relays at which it waits. At least one of both, at most 8 together. */
	relays?: readonly string[];
	/** Milliseconds since 1970. */
	nowMs: number;
	/** Default 600,000: ten minutes. */
	expiresInMs?: number;
	/** How many identities may pair by it. Default 1. */
	uses?: number;
}

/**
 * A new invite, signed.
 * @throws RangeError or TypeError naming the option.
 */
export function createInvite(primitives: Primitives, options: InviteOptions): Invite {
	const { identity, nowMs } = options;
	const terms: InviteTerms = {
		id: encodeBase64url(primitives.randomBytes(INVITE_ID_BYTES)),
		publicKey: identity.publicKey,
		...checkedAddresses(options),
		issuedAt: wholeNumber('nowMs', nowMs, 0, Number.MAX_SAFE_INTEGER - MAX_LIFE_MS),
		expiresAt: nowMs + wholeNumber('expiresInMs', options.expiresInMs ?? DEFAULT_LIFE_MS, 1, MAX_LIFE_MS),
		uses: wholeNumber('uses', options.uses ?? 1, 1, MAX_USES),
	};
	const secret = primitives.randomBytes(INVITE_SECRET_BYTES);
	const hash = encodeBase64url(primitives.hash('SHA256', secret));
	const { id, endpoints, issuedAt: iat, expiresAt: exp, uses } = terms;
	// Left out where there are none, which keeps the link short.
	const relays = terms.relays.length > 0 ? terms.relays : undefined;
	const json = JSON.stringify({ v: 1, id, key: encodeBase64url(identity.publicKey), endpoints, relays, iat, exp, uses, hash });
	return new Invite(primitives, terms, { json, signature: identity.sign(signedBytes(json)), secret }, false);
}

/** What an inviter's signature is over. */
export function signedBytes(json: string): Uint8Array {
	return new TextEncoder().encode(`linkscope/1 invite\0${json}`);
}

/** An invite that this side made, or that was read and verified. Its secret shows in `link()` and nowhere else. */
export class Invite implements InviteTerms {
	readonly kind = 'linkscope';
	readonly id: string;
	readonly publicKey: Uint8Array;
	/** Of the inviter's identity. */
	readonly fingerprint: string;
	readonly endpoints: readonly string[];
	readonly relays: readonly string[];
	readonly issuedAt: number;
	readonly expiresAt: number;
	readonly uses: number;
	/** Past its time by the clock of who read it. The inviter's clock decides, so it may still be worth a try. */
	readonly expired: boolean;
	readonly #primitives: Primitives;
	readonly #parts: InviteParts;

	constructor(primitives: Primitives, terms: InviteTerms, parts: InviteParts, expired: boolean) {
		this.#primitives = primitives;
		this.#parts = parts;
		this.id = terms.id;
		this.publicKey = terms.publicKey;
		this.fingerprint = fingerprintOf(terms.publicKey);
		this.endpoints = terms.endpoints;
		this.relays = terms.relays;
		this.issuedAt = terms.issuedAt;
		this.expiresAt = terms.expiresAt;
		this.uses = terms.uses;
		this.expired = expired;
	}

	/**
	 * The link to hand on, secret included. With one endpoint of 25 characters it has 458, which a QR code of version 15 holds.
	 * @param prefix a page of the application, or a scheme of its own. All that the invite says stands behind its '#', which browsers never send.
	 * @throws TypeError for a prefix that is no place to put an invite, RangeError where the link would be longer than 4,096 characters.
	 */
	link(prefix: string = DEFAULT_PREFIX): string {
		checkPrefix(prefix);
		const { json, signature, secret } = this.#parts;
		const link = `${prefix}#${[new TextEncoder().encode(json), signature, secret].map(encodeBase64url).join('.')}`;
		if (link.length > MAX_INVITE_CHARACTERS) {
			throw new RangeError(
				`the invite's link would have ${link.length} characters, at most ${MAX_INVITE_CHARACTERS} go; give fewer or shorter endpoints and relays`,
			);
		}
		return link;
	}

	/** What both sides prove to each other that they have, 32 bytes. It tells nothing about the secret. */
	pairingKey(): Uint8Array {
		const extracted = this.#primitives.hmac('SHA256', decodeBase64url(this.id), this.#parts.secret);
		return expand(this.#primitives, extracted, new TextEncoder().encode('linkscope/1 invite'));
	}
}

function checkedAddresses({ endpoints = [], relays = [] }: InviteOptions): Pick<InviteTerms, 'endpoints' | 'relays'> {
	const checked = { endpoints: checkedUrls('endpoints', endpoints), relays: checkedUrls('relays', relays) };
	const count = endpoints.length + relays.length;
	if (count < 1 || count > MAX_INVITE_ADDRESSES)
		throw new RangeError(`endpoints and relays must be 1 to ${MAX_INVITE_ADDRESSES} addresses together, got ${count}`);
	return checked;
}

function checkedUrls(name: string, addresses: readonly string[]): string[] {
	if (!Array.isArray(addresses)) throw new TypeError(`${name} must be an array of ws: or wss: addresses`);
	return addresses.map((address, index) => {
		const url = dialableUrl(address);
		if (url === null) throw new TypeError(`${name}[${index}] must be a ws: or wss: address without user, password and fragment`);
		return url;
	});
}

function wholeNumber(name: string, value: number, min: number, max: number): number {
	if (!Number.isInteger(value) || value < min || value > max) throw new RangeError(`${name} must be a whole number from ${min} to ${max}, got ${value}`);
	return value;
}
