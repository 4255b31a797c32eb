import { bytesField, CryptoError, defaultPrimitives, encodeBase64url, type Identity, integerField, parseControlJson } from '@linkscope/crypto';

/** One identity that became another, as both of them signed it. */
export interface Rotation {
	/** Public keys, 32 bytes each. */
	readonly former: Uint8Array;
	readonly successor: Uint8Array;
	/** Milliseconds since 1970, as the owner's clock said. */
	readonly at: number;
}

const TYPE = 'linkscope rotation';

/**
 * The former names its successor, and the successor accepts: neither can be done by anybody else.
 * @param at milliseconds since 1970.
 * @returns one line of JSON, public (docs/protocol.md#stored-things).
 */
export function signRotation(former: Identity, successor: Identity, at: number): string {
	const rotation = { former: former.publicKey, successor: successor.publicKey, at };
	return JSON.stringify({
		type: TYPE,
		v: 1,
		former: encodeBase64url(former.publicKey),
		successor: encodeBase64url(successor.publicKey),
		at,
		former_signature: encodeBase64url(former.sign(signedBytes('F', rotation))),
		successor_signature: encodeBase64url(successor.sign(signedBytes('S', rotation))),
	});
}

/** @throws CryptoError IDENTITY_MALFORMED where it is no statement, or one of its signatures is wrong. */
export function readRotation(text: string): Rotation {
	const { rotation, formerSignature, successorSignature } = parse(text);
	const { ed25519 } = defaultPrimitives();
	if (!ed25519.verify(rotation.former, signedBytes('F', rotation), formerSignature)) throw malformed('the former identity did not sign it');
	if (!ed25519.verify(rotation.successor, signedBytes('S', rotation), successorSignature)) throw malformed('the successor did not sign it');
	return rotation;
}

function parse(text: string): { rotation: Rotation; formerSignature: Uint8Array; successorSignature: Uint8Array } {
	try {
		const line = parseControlJson(text);
		if (line.type !== TYPE || line.v !== 1) throw new TypeError(`expected type "${TYPE}" and v 1`);
		const rotation = { former: bytesField(line, 'former', 32), successor: bytesField(line, 'successor', 32), at: integerField(line, 'at') };
		return { rotation, formerSignature: bytesField(line, 'former_signature', 64), successorSignature: bytesField(line, 'successor_signature', 64) };
	} catch (error) {
		throw malformed((error as Error).message);
	}
}

/** "linkscope/1 rotation" || 0x00 || role || former (32) || successor (32) || u64(at). The role keeps either signature from standing in for the other. */
function signedBytes(role: 'F' | 'S', { former, successor, at }: Rotation): Uint8Array {
	const context = new TextEncoder().encode(`linkscope/1 rotation\0${role}`);
	const bytes = new Uint8Array(context.length + 72);
	bytes.set(context);
	bytes.set(former, context.length);
	bytes.set(successor, context.length + 32);
	new DataView(bytes.buffer).setBigUint64(context.length + 64, BigInt(at));
	return bytes;
}

function malformed(what: string): CryptoError {
	return new CryptoError('IDENTITY_MALFORMED', `this is no rotation of an identity: ${what}`);
}
