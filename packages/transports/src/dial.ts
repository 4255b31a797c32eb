import { type Transport, TransportError } from '@linkscope/core';
import WebSocket from 'isomorphic-ws';
import { type CreateSocket, WebSocketTransport, type WebSocketTransportOptions } from './websocket-transport.js';
import { wsOptions } from './ws-options.js';

export type DialUrl = string | URL;
type PerDial<T> = T | (() => T | Promise<T>);

export interface DialOptions extends WebSocketTransportOptions {
	/** Subprotocols, in order of preference. */
	protocols?: readonly string[];
	/** HTTP headers of the upgrade; a function is asked at each dial. Node only. */
	headers?: PerDial<Readonly<Record<string, string>>>;
	/** Sent as one Cookie header. Values are sent as they are. Node only. */
	cookies?: Readonly<Record<string, string>>;
	/** An http.Agent or https.Agent; a proxy is reached through one (https-proxy-agent, for instance). Node only. */
	agent?: object;
	/** PEM of the authorities to trust instead of the well-known ones. Node only. */
	ca?: string | Uint8Array | readonly (string | Uint8Array)[];
	/** Compression of the WebSocket itself: true, or the options of ws. Default false. Node only: browsers decide alone. */
	perMessageDeflate?: boolean | object;
}

const NODE_ONLY = ['headers', 'cookies', 'agent', 'ca', 'perMessageDeflate'] as const;
const isNode = typeof (WebSocket as { prototype?: { on?: unknown } } | undefined)?.prototype?.on === 'function';

/**
 * A transport that dials a WebSocket when it is opened.
 * @param url ws:, wss:, http: or https:; a function is asked at each dial, for a token or an address that changes.
 * @throws TransportError URL_INVALID; TypeError for an option this platform cannot honour; RangeError for one out of range.
 */
export function dialWebSocket(url: PerDial<DialUrl>, options: DialOptions = {}): Transport {
	for (const name of NODE_ONLY) {
		if (!isNode && options[name] !== undefined) throw new TypeError(`${name}: browsers let no script set it: leave the option out here`);
	}
	const fixed = typeof url === 'function' ? null : parseUrl(url);
	const cookie = options.cookies && cookieHeader(options.cookies);
	async function dial(): Promise<CreateSocket> {
		const target = fixed ?? parseUrl(await (url as () => DialUrl | Promise<DialUrl>)());
		const headers = typeof options.headers === 'function' ? await options.headers() : options.headers;
		return () => createSocket(target, options, cookie ? { ...headers, Cookie: cookie } : headers);
	}
	return new WebSocketTransport(fixed?.href ?? 'websocket (address computed per dial)', options, dial);
}

function createSocket(url: URL, options: DialOptions, headers: Readonly<Record<string, string>> | undefined): WebSocket {
	const protocols = [...(options.protocols ?? [])];
	if (!isNode) return new WebSocket(url.href, protocols);
	return new WebSocket(url.href, protocols, {
		...wsOptions(options),
		followRedirects: false,
		...(headers && { headers }),
		...(options.agent && { agent: options.agent }),
		...(options.ca && { ca: options.ca }),
	} as object);
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

function withoutSecrets(text: string): string {
	return text
		.replace(/\/\/.*@/s, '//')
		.replace(/[?#].*$/s, '')
		.slice(0, 80);
}

// RFC 6265 section 4.1.1: what a cookie's name and value may not hold. Above all no separator and no line end.
const NOT_IN_COOKIES = /[^\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]/;

function cookieHeader(cookies: Readonly<Record<string, string>>): string {
	return Object.entries(cookies)
		.map(([name, value]) => {
			if (NOT_IN_COOKIES.test(name) || name.includes('=') || NOT_IN_COOKIES.test(value)) {
				throw new TypeError(`cookies: ${JSON.stringify(name)} holds a character no cookie may (RFC 6265): encode it first`);
			}
			return `${name}=${value}`;
		})
		.join('; ');
}
