import { networkInterfaces } from 'node:os';
import { relayOrigin } from '@linkscope/crypto';

/**
 * The addresses that a relay takes as its own, as clients write what they dialled.
 * @param publicUrls where given, these alone; otherwise all under which this machine can be reached at that port.
 * @throws TypeError for what is no ws: or wss: address.
 */
export function ownOrigins(publicUrls: readonly string[] | undefined, listening: { host: string; port: number; isTls: boolean }): ReadonlySet<string> {
	if (publicUrls !== undefined) return new Set(publicUrls.map(publicOrigin));
	const { host, port, isTls } = listening;
	const isEverywhere = host === '0.0.0.0' || host === '::';
	const hosts = new Set(['localhost', '127.0.0.1', '::1', ...(isEverywhere ? interfaceAddresses() : [host])]);
	const scheme = isTls ? 'wss' : 'ws';
	return new Set([...hosts].map((name) => relayOrigin(`${scheme}://${name.includes(':') ? `[${name}]` : name}:${port}`)).filter((origin) => origin !== null));
}

/** @throws TypeError. */
export function publicOrigin(url: string): string {
	const origin = relayOrigin(url);
	if (origin === null)
		throw new TypeError(`publicUrls must hold ws: or wss: URLs, such as wss://relay.example; got ${JSON.stringify(String(url).slice(0, 100))}`);
	return origin;
}

function interfaceAddresses(): string[] {
	return Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.filter(({ scopeid }) => !scopeid).map(({ address }) => address));
}
