import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/**
 * Who dialled: the socket's peer, or what the last trusted proxy wrote into X-Forwarded-For.
 * @param trustedProxies how many proxies of one's own stand in front. What more a client has written there is not believed.
 */
export function clientAddress({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>, trustedProxies: number): string {
	const peer = socket.remoteAddress ?? 'unknown';
	if (trustedProxies === 0) return peer;
	const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
	// Each proxy appends who spoke to it, so the trusted ones wrote the last entries.
	const written = withoutPort((forwarded.at(-trustedProxies) ?? forwarded[0] ?? '').trim());
	return isIP(written) === 0 ? peer : written;
}

/** What limits count by: an IPv4 address, or the /64 of an IPv6 one, because who has one address of it has all. */
export function addressGroup(address: string): string {
	const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
	if (mapped !== undefined) return mapped;
	if (isIP(address) !== 6) return address;
	const [head = '', tail] = (address.split('%', 1)[0] as string).toLowerCase().split('::');
	const start = head === '' ? [] : head.split(':');
	const end = tail ? tail.split(':') : [];
	const missing = tail === undefined ? 0 : 8 - start.length - end.length;
	const groups = [...start, ...Array<string>(Math.max(missing, 0)).fill('0'), ...end];
	return `${groups
		.slice(0, 4)
		.map((group) => Number.parseInt(group, 16).toString(16))
		.join(':')}::/64`;
}

/** '1.2.3.4:5678' and '[2001:db8::1]:5678', as some proxies write it. */
function withoutPort(text: string): string {
	const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1];
	if (bracketed !== undefined) return bracketed;
	return /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text;
}
