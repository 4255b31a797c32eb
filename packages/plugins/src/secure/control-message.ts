import type { Payload } from '@linkscope/core';
import { type ControlObject, parseControlJson, textField } from '@linkscope/crypto';
import { SecurityError, type SecurityKind } from './security-error.js';

/**
 * The control message that must come next.
 * @throws SecurityError PROTOCOL_ORDER where it is another one; CryptoError MALFORMED_FRAME.
 */
export function expectControl(frame: Payload, type: string, kind: SecurityKind = 'auth'): ControlObject {
	if (typeof frame !== 'string') throw new SecurityError(kind, 'PROTOCOL_ORDER', `expected the control message ${type}, got ${frame.length} bytes`);
	const message = parseControlJson(frame);
	const got = textField(message, 'type');
	if (got !== type) throw new SecurityError(kind, 'PROTOCOL_ORDER', `expected the control message ${type}, got ${JSON.stringify(got.slice(0, 40))}`);
	return message;
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
