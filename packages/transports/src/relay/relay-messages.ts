import { byteLength, type Payload, TransportError } from '@linkscope/core';
import { type ControlObject, dialableUrl, listField, parseControlJson, textField } from '@linkscope/crypto';

/** A message between a relay and its clients has at most so many bytes. */
export const MAX_RELAY_MESSAGE_BYTES = 4 * 1024;
/** Addresses, relays and names of transports that one listener may have told, each. */
export const MAX_HINTS = 8;

/** What a relay knows of somebody. It is hearsay: who answers there proves itself to be the target, or not. */
export interface RelayEndpoints {
	/** Whether the target waits at this relay. */
	readonly registered: boolean;
	/** ws: and wss: addresses where it says it can be dialled. */
	readonly direct: readonly string[];
	/** Other relays where it says it waits. */
	readonly relays: readonly string[];
	/** Names of transports it says it speaks. */
	readonly transports: readonly string[];
	/** Whether it answered the relay just now; undefined where it was not asked. */
	readonly alive?: boolean;
}

/** @throws TransportError PROTOCOL_ORDER, MALFORMED_FRAME; CryptoError MALFORMED_FRAME. */
export function readRelayMessage(frame: Payload, ...expected: readonly string[]): ControlObject {
	if (typeof frame !== 'string') throw new TransportError('PROTOCOL_ORDER', `relay: bytes came where ${expected.join(' or ')} was expected`);
	if (byteLength(frame) > MAX_RELAY_MESSAGE_BYTES)
		throw new TransportError('MALFORMED_FRAME', `relay: a message of more than ${MAX_RELAY_MESSAGE_BYTES} bytes`);
	const message = parseControlJson(frame);
	if (!expected.includes(textField(message, 'type')))
		throw new TransportError('PROTOCOL_ORDER', `relay: another message came where ${expected.join(' or ')} was expected`);
	return message;
}

/** @throws the same. What is no address that can be dialled, and what is one too many, is left out. */
export function readEndpoints(frame: Payload): RelayEndpoints {
	const message = readRelayMessage(frame, 'endpoints');
	const { registered, alive } = message;
	if (typeof registered !== 'boolean') throw new TransportError('MALFORMED_FRAME', 'relay: "registered" must be true or false');
	const addresses = (key: string): string[] =>
		listField(message, key)
			.slice(0, MAX_HINTS)
			.filter((address) => dialableUrl(address) !== null);
	return {
		registered,
		direct: addresses('direct'),
		relays: addresses('relays'),
		transports: listField(message, 'transports').slice(0, MAX_HINTS),
		...(typeof alive === 'boolean' && { alive }),
	};
}
