import { networkInterfaces } from 'node:os';

/** What a relay may tell of one listener (docs/protocol.md#relay). */
const MOST = 8;

export interface OwnPort {
	/** Where clients of this machine dial it. */
	url: string;
	/** The address that it listens on. */
	host: string;
}

/** Where others can dial this machine's port, best first. What only this machine can dial is told to a relay on it alone. */
export function addressesFor(relay: string, { url, host }: OwnPort): string[] {
	const addresses = host === '0.0.0.0' || host === '::' ? addressesOfMachine(host === '::').map((name) => withHost(url, name)) : [url];
	return addresses.filter((address) => !isLoopback(address) || isLoopback(relay)).slice(0, MOST);
}

/** Those of the network before those of the machine itself. */
function addressesOfMachine(withIPv6: boolean): string[] {
	const all = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
	return (
		all
			// One of a single link means nothing without the name of the interface.
			.filter(({ family, address }) => family === 'IPv4' || (withIPv6 && !/^fe[89ab]/i.test(address)))
			.sort((a, b) => Number(a.internal) - Number(b.internal))
			.map(({ family, address }) => (family === 'IPv6' ? `[${address}]` : address))
	);
}

function withHost(url: string, hostname: string): string {
	return Object.assign(new URL(url), { hostname }).href;
}

function isLoopback(url: string): boolean {
	return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}
