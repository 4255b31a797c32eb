import { type AbortSignal, type ConnectionOptions, Connection as CoreConnection, type Plugin, PluginError, type Transport } from '@linkscope/core';
import { NetworkPlugin, type SecuredPeer, StatisticsPlugin } from '@linkscope/plugins';
import { type WebSocketLike, type WrapOptions, wrapWebSocket } from '@linkscope/transports/websocket';

/** `plugins` defaults to statistics and network over a WebSocket, and to none over a transport of your own. */
export type FacadeOptions = ConnectionOptions & WrapOptions;

/**
 * A connection over a transport, or over a raw WebSocket: a browser's, undici's or one of `ws`.
 *
 * A raw socket is taken over at once, so that no message is missed, and the connection opens by itself when the running
 * code has ended: until then plugins may be added. A failure shows in `state`, `onClose` and the stats; awaiting `open()` is optional.
 */
export class Connection extends CoreConnection {
	private readonly opensItself: boolean;
	/** The far end, with what may not be shown of it. */
	readonly #remote: string;
	private established: Promise<void> | null = null;

	/** @throws TypeError where `source` is neither, or an option asks for what only connect(), listen() and plugins give. */
	constructor(source: Transport | WebSocketLike, options: FacadeOptions = {}) {
		assertNothingToSecure(options);
		const opensItself = !isTransport(source);
		const transport = opensItself ? wrapWebSocket(source, options) : source;
		super(transport, opensItself ? withDefaultPlugins(options) : options);
		this.opensItself = opensItself;
		this.#remote = transport.remote;
		if (opensItself) queueMicrotask(() => this.openQuietly());
	}

	/** As in core; over a raw socket it may be called any number of times and waits for the one opening. */
	override open(signal?: AbortSignal): Promise<void> {
		if (!this.opensItself) return super.open(signal);
		this.established ??= super.open(signal);
		return this.established;
	}

	/** Who is at the other end, once it has proved it; null before, and where nothing secures the connection. */
	get peer(): SecuredPeer | null {
		// By name and shape: a page that secures nothing loads nothing for it.
		const name = ['authentication', 'encryption'].find((each) => this.plugins.includes(each));
		return name === undefined ? null : ((this.plugin(name) as { peer?: SecuredPeer | null }).peer ?? null);
	}

	/** What console.log shows in Node: nothing of what is inside, and of the URL neither credentials nor query. */
	[Symbol.for('nodejs.util.inspect.custom')](): string {
		const { id, state, plugins } = this;
		return ['Connection', id, state, withoutSecrets(this.#remote), `[${plugins.join(', ')}]`].filter(Boolean).join(' ');
	}

	private openQuietly(): void {
		// The connection may be closed already; and whoever cares about the failure hears of it from the state.
		if (this.state === 'INITIALIZING') this.open().catch(() => {});
	}
}

const DONE = { identity: undefined, peer: undefined, trustStore: undefined, invite: undefined, invites: undefined };

/** In the clear is not what somebody wants who names these. */
function assertNothingToSecure(options: object): void {
	const [asked] = Object.keys(DONE).filter((name) => (options as Record<string, unknown>)[name] !== undefined);
	if (asked === undefined) return;
	const plugins = 'plugins: [new AuthenticationPlugin({ identity, … }), new EncryptionPlugin(), …]';
	throw new TypeError(`${asked} would secure nothing here: use connect() or listen(), or give new Connection() ${plugins}`);
}

/** What the facade puts over every WebSocket that asks for nothing else (seeds/004, core plugins), above what secures it: that is done with then. @throws PluginError PLUGIN_DUPLICATE. */
export function withDefaultPlugins<O extends { plugins?: readonly Plugin[] }>(
	options: O,
	security: readonly Plugin[] = [],
): O & { plugins: readonly Plugin[] } {
	const plugins = options.plugins ?? defaultPlugins();
	const all = security.concat(plugins);
	const twice = all.slice(security.length).find((plugin) => security.some(({ name }) => name === plugin?.name));
	if (twice) throw new PluginError('PLUGIN_DUPLICATE', `identity adds authentication, encryption and pairing by itself: leave ${twice.name} out of plugins`);
	return { ...options, ...DONE, plugins: security.length === 0 ? plugins : all };
}

export function defaultPlugins(): readonly Plugin[] {
	return [new StatisticsPlugin(), new NetworkPlugin()];
}

function withoutSecrets(remote: string): string {
	try {
		const { protocol, host, pathname } = new URL(remote);
		return host && `${protocol}//${host}${pathname}`;
	} catch {
		return ''; // a transport's own words for its far end, which may be anything
	}
}

function isTransport(source: unknown): source is Transport {
	const shape = source as Partial<Transport & WebSocketLike> | null;
	if (typeof shape?.open === 'function' && typeof shape.kind === 'string') return true;
	if (typeof shape?.readyState === 'number' && typeof shape.send === 'function' && typeof shape.addEventListener === 'function') return false;
	throw new TypeError(`Connection takes a transport or a WebSocket, got ${source === null ? 'null' : typeof source}; to dial a URL use connect(url)`);
}
