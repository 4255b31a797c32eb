import type { WebSocketTransportOptions } from './websocket-transport.js';

export type DialUrl = string | URL;
/** A value, or what computes it at each dial. */
export type PerDial<T> = T | (() => T | Promise<T>);

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
