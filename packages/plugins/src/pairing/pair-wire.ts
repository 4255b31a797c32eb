import type { Wire } from '@linkscope/core';
import { type ControlObject, parseControlJson, textField } from '@linkscope/crypto';
import { SecurityError } from '../secure/security-error.js';

/** The messages of a pairing; the layer below seals them. */
export type PairType = 'pair_request' | 'pair_challenge' | 'pair_proof' | 'pair_success';

export function sendPair(wire: Wire, type: PairType, fields: Record<string, string | readonly string[]>): void {
	wire.send(JSON.stringify({ type, ...fields }));
}

/**
 * The message that must come next.
 * @throws SecurityError PROTOCOL_ORDER where anything else came, CryptoError MALFORMED_FRAME where it is none.
 */
export async function readPair(wire: Wire, type: PairType): Promise<ControlObject> {
	const frame = await wire.read();
	if (typeof frame !== 'string') throw new SecurityError('pairing', 'PROTOCOL_ORDER', `expected ${type}, got a message of ${frame.length} bytes`);
	const message = parseControlJson(frame);
	const got = textField(message, 'type');
	if (got !== type) throw new SecurityError('pairing', 'PROTOCOL_ORDER', `expected ${type}, got ${JSON.stringify(got.slice(0, 40))}`);
	return message;
}
