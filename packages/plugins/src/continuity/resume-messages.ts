import { asError, CloseCode, HandshakeError, PluginError, type Wire } from '@linkscope/core';
import {
	bytesField,
	type ControlObject,
	decodeBase64url,
	defaultPrimitives,
	encodeBase64url,
	equalBytes,
	parseControlJson,
	textField,
} from '@linkscope/crypto';
import { isLinkscopeChannel, type LinkscopeChannel } from '../linkscope-channel.js';
import { refused } from './refused.js';
import type { Agreement } from './session-state.js';

/** What one end says of a session when a new connection takes it up. */
export interface ResumePoint {
	readonly generation: number;
	/** Messages of the other end that it has delivered. */
	readonly received: number;
}

const CONTEXT = new TextEncoder().encode('linkscope/1 continuity\0');

/** @throws HandshakeError CONTINUITY_REFUSED 4401 where nobody proved who the peer is; PluginError PLUGIN_ORDER at the wrong end. */
export function verifiedChannel(wire: Wire, end: { initiator: boolean }): LinkscopeChannel {
	if (wire.initiator !== end.initiator) {
		throw new PluginError(
			'PLUGIN_ORDER',
			'continuity: a connection that dials takes the plugin of a ContinuitySession, one that was accepted that of ContinuitySessions',
		);
	}
	const { secure } = wire;
	if (isLinkscopeChannel(secure) && secure.verified) return secure;
	throw refused(
		'a session needs an authenticated peer on both ends: put AuthenticationPlugin nearer the wire, with an identity of its own',
		CloseCode.AUTHENTICATION,
	);
}

/** The next control message. @throws HandshakeError MALFORMED_FRAME. */
export async function readControl(wire: Wire): Promise<ControlObject> {
	const frame = await wire.read();
	if (typeof frame !== 'string') throw malformed('bytes instead of a control message');
	return wellFormed(() => {
		const message = parseControlJson(frame);
		textField(message, 'type');
		return message;
	});
}

/** What the peer wrote, field by field. @throws HandshakeError MALFORMED_FRAME. */
export function wellFormed<T>(read: () => T): T {
	try {
		return read();
	} catch (error) {
		throw malformed(asError(error).message);
	}
}

/** A well-formed message that nobody expected. */
export function outOfOrder(message: ControlObject, expected: string): HandshakeError {
	const got = JSON.stringify(String(message.type).slice(0, 40));
	return new HandshakeError('PROTOCOL_ORDER', `continuity: expected ${expected}, got ${got}; is the same plugin at the same place on both ends?`);
}

/** This end's proof that it held the session before: only the first channel's ends have its secret, and it holds for this channel alone. */
export function proveResume(role: 'I' | 'R', { id, secret }: Agreement, binding: Uint8Array, { generation, received }: ResumePoint): string {
	return encodeBase64url(proof(role, id, secret, binding, generation, received));
}

/** @throws HandshakeError CONTINUITY_REFUSED 4401; MALFORMED_FRAME. */
export function checkResume(role: 'I' | 'R', { id, secret }: Agreement, binding: Uint8Array, point: ResumePoint, message: ControlObject): void {
	const got = wellFormed(() => bytesField(message, 'proof', 32));
	if (!equalBytes(got, proof(role, id, secret, binding, point.generation, point.received))) {
		throw refused('the proof that the peer held the session before is wrong', CloseCode.AUTHENTICATION);
	}
}

function proof(role: string, id: string, secret: Uint8Array, binding: Uint8Array, generation: number, received: number): Uint8Array {
	const counts = new Uint8Array(16);
	const view = new DataView(counts.buffer);
	view.setBigUint64(0, BigInt(generation));
	view.setBigUint64(8, BigInt(received));
	return defaultPrimitives().hmac('SHA256', secret, CONTEXT, new TextEncoder().encode(role), binding, decodeBase64url(id), counts);
}

function malformed(what: string): HandshakeError {
	return new HandshakeError('MALFORMED_FRAME', `continuity: ${what}`);
}
