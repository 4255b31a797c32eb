import { type Transport, TransportError } from '@linkscope/core';
import type { DialOptions, DialUrl, PerDial } from './dial-options.js';
import type { SocketPlatform } from './socket-platform.js';
import { WebSocketTransport } from './websocket-transport.js';

/** `dialWebSocket` on a platform. */
export function dialOn(platform: SocketPlatform, url: PerDial<DialUrl>, options: DialOptions): Transport {
	const prepare = platform.dialling(options);
	const fixed = typeof url === 'function' ? null : parseUrl(url);
	const dial = async () => prepare(fixed ?? parseUrl(await (url as () => DialUrl | Promise<DialUrl>)()));
	return new WebSocketTransport(platform, fixed?.href ?? 'websocket (address computed per dial)', options, dial);
}

/** @throws TransportError URL_INVALID. */
function parseUrl(given: DialUrl): URL {
	// In a page an address may be relative to it, as for WebSocket itself.
	const base = (globalThis as { location?: { href: string } }).location?.href;
	const url = tryParse(given, base);
	if (!url || !/^(ws|http)s?:$/.test(url.protocol) || !url.host) {
		throw new TransportError(
			'URL_INVALID',
			`websocket: expected an absolute ws:, wss:, http: or https: URL, got ${JSON.stringify(withoutSecrets(String(given)))}`,
		);
	}
	const parsed = new URL(url.href.replace(/^http/, 'ws'));
	parsed.hash = ''; // never sent, and refused by older platforms
	return parsed;
}

function tryParse(given: DialUrl, base?: string): URL | null {
	try {
		return new URL(given, base);
	} catch {
		return null;
	}
}

/** What was to be an address, for an error's text. */
export function withoutSecrets(text: string): string {
	return text
		.replace(/^([a-z]+:)?.*@/is, '$1//')
		.replace(/[?#].*$/s, '')
		.slice(0, 80);
}
