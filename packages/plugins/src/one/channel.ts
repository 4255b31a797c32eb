import { HandshakeError, type LinkscopeError, PluginError, type SecureChannel } from '@linkscope/core';
import { CryptoError } from '@linkscope/crypto/nacl';

/** What the ONE session gives to the plugins above it: `wire.secure`. */
export interface OneChannel extends SecureChannel {
	readonly protocol: 'one';
	/** True where this side is the initiator of the session, whoever dialled. */
	readonly initiator: boolean;
	/** The peer's Curve25519 key, 32 bytes, proved by its first good frame. */
	readonly peerKey: Uint8Array;
	/** This side's. */
	readonly ownKey: Uint8Array;
	/** What the initiator opened the session with; null on the other side. */
	readonly opening: string | null;
}

/** @throws PluginError SECURITY_ORDER where no ONE session is below. */
export function requireOneChannel(plugin: string, channel: SecureChannel | undefined): OneChannel {
	if ((channel as Partial<OneChannel> | undefined)?.protocol === 'one') return channel as OneChannel;
	throw new PluginError('SECURITY_ORDER', `${plugin} needs OneSessionPlugin nearer the wire: without it nothing is secured`);
}

/** Runs what the crypto package does, whose errors become ours. @param code instead of its own, where it means something else here. */
export function checked<T>(what: string, work: () => T, code?: string): T {
	try {
		return work();
	} catch (error) {
		if (error instanceof CryptoError) throw namedError(what, error, code);
		throw error;
	}
}

/** What the crypto package says of a message of the peer, as an error of this package; any other error as it is. */
export function asOneError(error: unknown): unknown {
	return error instanceof CryptoError ? new HandshakeError(error.code, error.message) : error;
}

function namedError(what: string, { code, message }: CryptoError, instead?: string): LinkscopeError {
	return new HandshakeError(code === 'DECRYPT_FAILED' && instead !== undefined ? instead : code, `ONE: ${what}: ${message}`);
}
