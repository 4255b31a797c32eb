import { type AbortSignal, type Clock, type Connection, ConnectionError, type LinkInfo, type Plugin, systemClock } from '@linkscope/core';
import type { Invite } from '@linkscope/crypto';
import { type ContinuityOptions, NetworkMonitor } from '@linkscope/plugins';
import { type DialConnection, type LinkOptions, ReconnectingLink } from '@linkscope/resilience';
import { defaultPlugins } from '../connection.js';
import { LinkContinuity } from './link-continuity.js';

export interface ReconnectingOptions {
	/** true: for ever, with waits from 0 to 400 ms at first and up to 30 s later, at once when the network is back or this process wakes up. Or what should be otherwise. */
	reconnect: true | Omit<LinkOptions, 'clock' | 'session' | 'maxUnreadBytes'>;
	/**
	 * Every message arrives once and in order, whichever connection carries it, or `onLost` tells. Needs an `identity`, and at the other side a plugin of
	 * ContinuitySessions above the others.
	 */
	continuity?: boolean | Omit<ContinuityOptions, 'clock'>;
	/** Asked once per connection, because a plugin serves one. Default: statistics and network. */
	plugins?: () => readonly Plugin[];
}

interface LinkOver extends Partial<ReconnectingOptions> {
	clock?: Clock;
	identity?: unknown;
	maxUnreadBytes?: number;
	signal?: AbortSignal;
}

interface OfThisDial {
	link: LinkInfo;
	plugins: readonly Plugin[];
	peer?: Uint8Array;
}

/** @throws TypeError where options ask for what only a link gives. */
export function asksForLink(options: object): options is ReconnectingOptions {
	const { reconnect, continuity } = options as Partial<ReconnectingOptions>;
	if (reconnect) return true;
	if (continuity) throw new TypeError('continuity needs reconnect: a session goes on with the next connection');
	return false;
}

/**
 * @param dial makes a connection, to be opened.
 * @param invite for the first connection: whoever has paired comes back without.
 */
export async function connectLink(
	options: LinkOver,
	invite: Invite | undefined,
	dial: (more: OfThisDial, invite?: Invite) => Connection,
): Promise<ReconnectingLink> {
	const { clock = systemClock, plugins = defaultPlugins, maxUnreadBytes, signal } = options;
	if (typeof plugins !== 'function') {
		throw new TypeError(
			'plugins must be a function here, because each connection needs its own: connect(url, { reconnect: true, plugins: () => [new PingPongPlugin()] })',
		);
	}
	const session = sessionOf(options, clock);
	let isPaired = false;
	const open: DialConnection = async (attempt) => {
		const own = session ? [...plugins(), session.plugin()] : plugins();
		const known = isPaired && invite ? { peer: invite.publicKey } : {};
		const connection = dial({ link: attempt.link, plugins: own, ...known }, isPaired ? undefined : invite);
		await connection.open(attempt.signal);
		isPaired = true;
		return connection;
	};
	const settings = options.reconnect === true ? {} : options.reconnect;
	const link = new ReconnectingLink(open, { network: NetworkMonitor.on(clock), ...settings, clock, session, maxUnreadBytes });
	await openUnlessAborted(link, signal);
	return link;
}

function sessionOf({ continuity, identity }: LinkOver, clock: Clock): LinkContinuity | undefined {
	if (!continuity) return undefined;
	if (identity === undefined) throw new TypeError('continuity needs an identity, so that nobody else can take the session up: createIdentity() makes one');
	return new LinkContinuity({ ...(continuity === true ? {} : continuity), clock });
}

/** The signal ends the wait for the first connection, and the link with it. */
async function openUnlessAborted(link: ReconnectingLink, signal: AbortSignal | undefined): Promise<void> {
	const abort = (): void => void link.close();
	if (signal?.aborted) abort();
	signal?.addEventListener('abort', abort, { once: true });
	try {
		await link.open();
	} catch (error) {
		if (!signal?.aborted) throw error;
		throw new ConnectionError('CONNECTION_ABORTED', 'connect() was aborted by its signal', { cause: signal.reason });
	} finally {
		signal?.removeEventListener('abort', abort);
	}
}
