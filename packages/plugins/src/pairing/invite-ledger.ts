import { bytesField, type ControlObject, decodeBase64url, integerField, parseControlJson, textField } from '@linkscope/crypto';

/** The text of an invite book: a line that says what it is, a line of JSON for each invite, and one for each identity that used it. */
const TYPE = 'linkscope invites';
const HEADER = JSON.stringify({ type: TYPE, v: 1 });

export const MAX_INVITES = 1000;

/** An issued invite as the ledger keeps it. Never changed, only replaced. */
export interface IssuedInvite {
	/** 16 bytes as base64url. */
	readonly id: string;
	/** 32 bytes as base64url, a secret: whoever has it can pair. */
	readonly pairingKey: string;
	readonly issuedAt: number;
	readonly expiresAt: number;
	readonly uses: number;
	readonly revokedAt: number | null;
	/** The identities that paired by it, 32 bytes as base64url each, oldest first. */
	readonly usedBy: readonly string[];
}

/** By id, oldest first. */
export type Ledger = ReadonlyMap<string, IssuedInvite>;

export function ledgerText(ledger: Ledger): string {
	const lines = [HEADER];
	for (const { id, pairingKey, issuedAt, expiresAt, uses, revokedAt, usedBy } of ledger.values()) {
		lines.push(JSON.stringify({ invite: id, key: pairingKey, iat: issuedAt, exp: expiresAt, uses, ...(revokedAt !== null && { revoked: revokedAt }) }));
		for (const identity of usedBy) lines.push(JSON.stringify({ used: id, by: identity }));
	}
	return `${lines.join('\n')}\n`;
}

/** @throws Error that names the line and what is wrong with it. */
export function parseLedger(text: string): Ledger {
	const ledger = new Map<string, IssuedInvite>();
	for (const [index, line] of text.replace(/\n$/, '').split('\n').entries()) {
		try {
			const object = parseControlJson(line);
			if (index === 0) checkHeader(object);
			else if (object.used === undefined) addInvite(ledger, object);
			else addUse(ledger, object);
		} catch (error) {
			throw new TypeError(`line ${index + 1}: ${(error as Error).message}`);
		}
	}
	return ledger;
}

function checkHeader(header: ControlObject): void {
	if (header.type !== TYPE || header.v !== 1) throw new TypeError(`expected type "${TYPE}" and v 1; a newer linkscope may have written it`);
}

function addInvite(ledger: Map<string, IssuedInvite>, line: ControlObject): void {
	bytesField(line, 'key', 32);
	const id = idField(line, 'invite');
	if (ledger.has(id)) throw new TypeError('an invite that had a line already');
	ledger.set(id, {
		id,
		pairingKey: textField(line, 'key'),
		issuedAt: integerField(line, 'iat'),
		expiresAt: integerField(line, 'exp'),
		uses: integerField(line, 'uses', 1),
		revokedAt: line.revoked === undefined ? null : integerField(line, 'revoked'),
		usedBy: [],
	});
}

function addUse(ledger: Map<string, IssuedInvite>, line: ControlObject): void {
	const invite = ledger.get(idField(line, 'used'));
	if (invite === undefined) throw new TypeError('the use of an invite that has no line');
	bytesField(line, 'by', 32);
	(invite.usedBy as string[]).push(textField(line, 'by'));
}

function idField(line: ControlObject, key: string): string {
	const id = textField(line, key);
	decodeBase64url(id, 16);
	return id;
}
