import type { Payload } from '@linkscope/core';
import { type ControlObject, CryptoError, parseControlJson, textField } from '@linkscope/crypto';
import { SecurityError, type SecurityKind } from './security-error.js';

/** What it most often means where not even the first message of a side is one of this protocol. */
const NO_SESSION: Readonly<Record<string, string>> = {
	challenge: ': the other end answers with something that is no linkscope session: it is not secured, or is another service',
	auth: ': the peer sent plaintext: it dialled without an identity (connect(url, { identity })), or is no linkscope',
};

/**
 * The control message that must come next.
 * @throws SecurityError PROTOCOL_ORDER where it is another one, MALFORMED_FRAME where it is none.
 */
export function expectControl(frame: Payload, type: string, kind: SecurityKind = 'auth'): ControlObject {
	const meaning = NO_SESSION[type] ?? '';
	const other = (got: string) => new SecurityError(kind, 'PROTOCOL_ORDER', `expected the control message ${type}, got ${got}${meaning}`);
	if (typeof frame !== 'string') throw other(`${frame.length} bytes`);
	const { message, got } = readControl(frame, kind, meaning);
	if (got !== type) throw other(JSON.stringify(got.slice(0, 40)));
	return message;
}

function readControl(frame: string, kind: SecurityKind, meaning: string): { message: ControlObject; got: string } {
	try {
		const message = parseControlJson(frame);
		return { message, got: textField(message, 'type') };
	} catch (error) {
		if (!(error instanceof CryptoError)) throw error;
		throw new SecurityError(kind, error.code, `${error.message}${meaning}`, { cause: error });
	}
}

// What is sealed grows by a third in base64url and gets a JSON object around it: it must stay below the 16 KiB of a control message.
const MAX_SEALED_CHARACTERS = 3_500;

/** The type of a text that can travel as a sealed control message; null where it is none, or too long to be sealed as one. */
export function controlTypeOf(text: string): string | null {
	if (text.length > MAX_SEALED_CHARACTERS || !text.startsWith('{')) return null;
	try {
		return textField(parseControlJson(text), 'type');
	} catch {
		return null;
	}
}

const UNSEALED = new Set(['auth', 'challenge', 'response']);
const SEALED = new Set(['auth_success', 'encryption_capabilities', 'encryption_parameters', 'pair_request', 'pair_challenge', 'pair_proof', 'pair_success']);

/** Whether a message of the session's own establishment comes too late. What other plugins say in their handshakes may come at any time. */
export function isOutOfOrder(type: string, active: boolean): boolean {
	return UNSEALED.has(type) || (active && SEALED.has(type));
}
