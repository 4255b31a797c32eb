import { asError, HandshakeError, type Wire } from '@linkscope/core';
import { parseControlJson, textField } from '@linkscope/crypto';
import { isLinkscopeChannel, type LinkscopeChannel } from '../linkscope-channel.js';
import { SecurityError } from '../secure/security-error.js';

/** What a connection of a peer is for: signs of life and other small things, everything that is much, a question and its answer. */
export type RouteChannel = 'control' | 'data' | 'discovery';

const CHANNELS: readonly RouteChannel[] = ['control', 'data', 'discovery'];

export function isRouteChannel(name: unknown): name is RouteChannel {
	return CHANNELS.includes(name as RouteChannel);
}

/** @throws SecurityError SECURITY_ORDER where nobody proved who the peer is; HandshakeError PEER_MISMATCH where it is this side itself. */
export function channelOfTwo(wire: Wire): LinkscopeChannel {
	const { secure } = wire;
	if (!isLinkscopeChannel(secure) || !secure.verified) {
		throw new SecurityError('auth', 'SECURITY_ORDER', 'route needs an authenticated peer on both ends: put AuthenticationPlugin nearer the wire');
	}
	if (compareBytes(secure.identity.publicKey, secure.peerIdentity) === 0) {
		throw new HandshakeError('PEER_MISMATCH', 'route: expected another identity at the far end, found this one: the address is one of this side itself');
	}
	return secure;
}

/** The dialling end says what it is for. @throws HandshakeError MALFORMED_FRAME, PROTOCOL_ORDER. */
export async function openRoute(wire: Wire, channel: RouteChannel): Promise<void> {
	wire.send(JSON.stringify({ type: 'route_open', channel }));
	await readRoute(wire, 'route_opened');
}

/** The accepting end hears it. @throws HandshakeError MALFORMED_FRAME, PROTOCOL_ORDER. */
export async function acceptRoute(wire: Wire): Promise<RouteChannel> {
	const { channel } = await readRoute(wire, 'route_open');
	if (!isRouteChannel(channel)) throw malformed('expected a channel that is control, data or discovery');
	wire.send(JSON.stringify({ type: 'route_opened' }));
	return channel;
}

/** As bytes are compared: which identity is the smaller. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
	for (let i = 0; i < Math.min(left.length, right.length); i++) {
		const difference = (left[i] as number) - (right[i] as number);
		if (difference !== 0) return difference;
	}
	return left.length - right.length;
}

async function readRoute(wire: Wire, type: string): Promise<{ channel?: unknown }> {
	const frame = await wire.read();
	if (typeof frame !== 'string') throw malformed('bytes instead of a control message');
	let message: { channel?: unknown };
	let got: string;
	try {
		const parsed = parseControlJson(frame);
		got = textField(parsed, 'type');
		message = parsed;
	} catch (error) {
		throw malformed(asError(error).message);
	}
	if (got !== type) {
		const what = `expected ${type}, got ${JSON.stringify(got.slice(0, 40))}`;
		throw new HandshakeError('PROTOCOL_ORDER', `route: ${what}; is the same plugin at the same place on both ends?`);
	}
	return message;
}

function malformed(what: string): HandshakeError {
	return new HandshakeError('MALFORMED_FRAME', `route: ${what}`);
}
