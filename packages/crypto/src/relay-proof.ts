/** What a party proves to a relay, or the relay to a party that pinned it (docs/protocol.md#relay). Each is 32 bytes but for the origin. */
export interface RelayProof {
	/** L: waits to be called. D: calls. S: the relay itself. */
	role: 'L' | 'D' | 'S';
	/** The address that was dialled, as `relayOrigin` writes it: so no relay can use what was said to another. */
	origin: string;
	/** The relay's identity where it is pinned. */
	relayKey: Uint8Array | undefined;
	relayNonce: Uint8Array;
	clientNonce: Uint8Array;
	/** Of the party. */
	key: Uint8Array;
}

/** The bytes that are signed. */
export function relayProofBytes({ role, origin, relayKey, relayNonce, clientNonce, key }: RelayProof): Uint8Array {
	const text = new TextEncoder();
	const context = text.encode(`linkscope/1 relay\0${role}`);
	const address = text.encode(origin);
	const parts = [context, Uint8Array.of(address.length >> 8, address.length & 0xff), address, relayKey ?? new Uint8Array(32), relayNonce, clientNonce, key];
	const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		bytes.set(part, at);
		at += part.length;
	}
	return bytes;
}

const PORTS: Readonly<Record<string, string>> = { 'ws:': '80', 'wss:': '443' };

/**
 * Scheme, host and port of a WebSocket address, the port always written: 'wss://relay.example:443'.
 * @returns null for what is no ws: or wss: address.
 */
export function relayOrigin(address: string | URL): string | null {
	let url: URL;
	try {
		url = new URL(address);
	} catch {
		return null;
	}
	const port = PORTS[url.protocol];
	return port === undefined || url.hostname === '' ? null : `${url.protocol}//${url.hostname}:${url.port || port}`;
}
