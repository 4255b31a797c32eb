import { decodeBase64url } from './base64url.js';
import { equalBytes } from './bytes.js';
import { bytesField, type ControlObject, integerField, listField, parseControlJson, textField } from './control-json.js';
import { CryptoError } from './crypto-error.js';
import {
	INVITE_ID_BYTES,
	INVITE_SECRET_BYTES,
	Invite,
	type InviteParts,
	type InviteTerms,
	MAX_INVITE_ADDRESSES,
	MAX_INVITE_CHARACTERS,
	signedBytes,
} from './invite.js';
import { dialableUrl, isPrefix } from './invite-urls.js';
import { isOneFragment, type OneInvitation, parseOneFragment } from './one-invitation.js';
import type { Primitives } from './primitives.js';

// The inviter's clock decides, and clocks differ; none that is in use differs by a day.
const LONG_PAST_MS = 24 * 3_600_000;

/**
 * Reads an invite's link and verifies it, so that nothing is dialled for one that was cut, changed or made up.
 * @param nowMs milliseconds since 1970.
 * @returns an invite of linkscope, `expired` where its time is over by this clock; or one of ONE, which nobody can verify.
 * @throws CryptoError INVITE_MALFORMED or INVITE_EXPIRED; the message tells a person what to do and never holds the link.
 */
export function parseInvite(primitives: Primitives, link: string, nowMs: number): Invite | OneInvitation {
	const fragment = fragmentOf(link);
	if (isOneFragment(fragment)) {
		const invitation = parseOneFragment(fragment);
		if (invitation === null) throw cutOrChanged();
		return invitation;
	}
	const parts = splitFragment(fragment);
	const terms = verifiedTerms(primitives, parts);
	const lateMs = nowMs - terms.expiresAt;
	if (lateMs > LONG_PAST_MS) {
		const days = Math.floor(lateMs / LONG_PAST_MS);
		throw new CryptoError(
			'INVITE_EXPIRED',
			`This invite ended ${days} day${days === 1 ? '' : 's'} ago. Ask for a new one; if it is new, set the clock of this device.`,
		);
	}
	return new Invite(primitives, terms, parts, lateMs > 0);
}

function fragmentOf(link: string): string {
	if (typeof link !== 'string' || link.length > MAX_INVITE_CHARACTERS) {
		throw malformed(`it has more than ${MAX_INVITE_CHARACTERS} characters. Copy the link alone, without the text around it`);
	}
	const text = link.trim();
	const hash = text.indexOf('#');
	if (hash < 0) throw malformed('it has no # inside. Copy the whole link, up to its last character');
	if (!isPrefix(text.slice(0, hash)))
		throw malformed('what stands before its # is not the address of a page or an application. Do not open it; ask for a new one');
	return text.slice(hash + 1);
}

function splitFragment(fragment: string): InviteParts {
	const [json, signature, secret, ...more] = fragment.split('.');
	if (json === undefined || signature === undefined || secret === undefined || more.length > 0) throw cutOrChanged();
	try {
		return {
			json: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(decodeBase64url(json)),
			signature: decodeBase64url(signature, 64),
			secret: decodeBase64url(secret, INVITE_SECRET_BYTES),
		};
	} catch {
		throw cutOrChanged();
	}
}

function verifiedTerms(primitives: Primitives, { json, signature, secret }: InviteParts): InviteTerms {
	let object: ControlObject;
	let key: Uint8Array;
	let hash: Uint8Array;
	try {
		object = parseControlJson(json);
		key = bytesField(object, 'key', 32);
		hash = bytesField(object, 'hash', 32);
	} catch {
		throw cutOrChanged();
	}
	const isSigned = primitives.ed25519.verify(key, signedBytes(json), signature);
	if (!isSigned || !equalBytes(primitives.hash('SHA256', secret), hash)) throw cutOrChanged();
	if (object.v !== 1) throw malformed('it was made by a newer version. Update this application, or ask for an invite of version 1');
	return { ...readTerms(object), publicKey: key };
}

/** What the inviter signed; nonsense here is the inviter's own. */
function readTerms(object: ControlObject): Omit<InviteTerms, 'publicKey'> {
	try {
		bytesField(object, 'id', INVITE_ID_BYTES);
		const endpoints = listField(object, 'endpoints').map(dialableUrl);
		const relays = object.relays === undefined ? [] : listField(object, 'relays').map(dialableUrl);
		const addresses = [...endpoints, ...relays];
		if (addresses.length < 1 || addresses.length > MAX_INVITE_ADDRESSES || addresses.includes(null)) throw new TypeError('addresses');
		const issuedAt = integerField(object, 'iat');
		return {
			id: textField(object, 'id'),
			endpoints: endpoints as string[],
			relays: relays as string[],
			issuedAt,
			expiresAt: integerField(object, 'exp', issuedAt + 1),
			uses: integerField(object, 'uses', 1),
		};
	} catch {
		throw malformed('it asks for a connection that this application does not make. Do not use it; ask for a new one');
	}
}

function cutOrChanged(): CryptoError {
	return malformed('it was cut short or changed on its way. Copy the whole link, up to its last character, or ask for a new one');
}

function malformed(what: string): CryptoError {
	return new CryptoError('INVITE_MALFORMED', `This is no invite link that can be used: ${what}.`);
}
