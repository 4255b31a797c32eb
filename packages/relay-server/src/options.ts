import { type Clock, integerOption, systemClock } from '@linkscope/core';
import { createIdentity, defaultPrimitives, type Identity } from '@linkscope/crypto';
import type { Cluster } from './cluster/cluster.js';
import { checkedLimits, type RelayLimits } from './limits/limits.js';
import type { LogSink } from './log.js';
import { publicOrigin } from './origins.js';
import type { TlsFiles } from './port.js';

export interface RelayServerOptions {
	/** Address to listen on, default 127.0.0.1: this machine alone. */
	host?: string;
	/** Default 4190; 0 for a free one. */
	port?: number;
	/** PEM texts; without them the relay speaks ws:, for use behind a proxy that ends TLS. */
	tls?: TlsFiles;
	/** Under which clients dial this relay, such as wss://relay.example: what is signed for another is refused. Default: every address of this machine, at its port. */
	publicUrls?: readonly string[];
	/** Who the relay is, for clients that pin it. Default: a new one for each start. */
	identity?: Identity;
	/** Whether ONE's protocol is spoken as well. Default true. */
	one?: boolean;
	limits?: Partial<RelayLimits>;
	/** How many proxies of one's own stand in front, so that X-Forwarded-For is believed. Default 0. */
	trustedProxies?: number;
	/** Who sends it as `Authorization: Bearer …` may read /metrics; without one only this machine may. */
	metricsToken?: string;
	/** Default 25,000. */
	pingIntervalMs?: number;
	/** How long splices may go on while the relay drains. Default 30,000. */
	drainTimeoutMs?: number;
	/** Nodes that share what waits: createRedisCluster(). */
	cluster?: Cluster;
	/** One call for each event. Default: nobody hears. */
	log?: LogSink;
	clock?: Clock;
}

export interface RelaySettings extends Required<Omit<RelayServerOptions, 'tls' | 'publicUrls' | 'metricsToken' | 'cluster' | 'limits' | 'log'>> {
	tls: TlsFiles | undefined;
	publicUrls: readonly string[] | undefined;
	metricsToken: string | undefined;
	cluster: Cluster | undefined;
	log: LogSink | undefined;
	limits: RelayLimits;
}

const LEAST_TOKEN_CHARACTERS = 16;
const A_DAY_MS = 86_400_000;

/** @throws RangeError, TypeError naming the option. */
export function checkedOptions(options: RelayServerOptions): RelaySettings {
	const { publicUrls, metricsToken, one = true, host = '127.0.0.1' } = options;
	if (typeof host !== 'string' || host === '') throw new TypeError('host must be an address to listen on, such as 127.0.0.1 or 0.0.0.0');
	if (typeof one !== 'boolean') throw new TypeError(`one must be true or false, got ${String(one)}`);
	if (publicUrls !== undefined && (!Array.isArray(publicUrls) || publicUrls.length === 0))
		throw new TypeError('publicUrls must be a list of at least one ws: or wss: URL');
	publicUrls?.forEach(publicOrigin);
	if (metricsToken !== undefined && (typeof metricsToken !== 'string' || metricsToken.length < LEAST_TOKEN_CHARACTERS)) {
		throw new RangeError(`metricsToken must be a text of at least ${LEAST_TOKEN_CHARACTERS} characters`);
	}
	return {
		host,
		port: integerOption('port', options.port, 4190, 0, 65_535),
		tls: options.tls,
		publicUrls,
		identity: options.identity ?? createIdentity(defaultPrimitives()),
		one,
		limits: checkedLimits(options.limits),
		trustedProxies: integerOption('trustedProxies', options.trustedProxies, 0, 0, 16),
		metricsToken,
		// A listener of ONE takes intervals from a second to an hour.
		pingIntervalMs: integerOption('pingIntervalMs', options.pingIntervalMs, 25_000, 1_000, 3_600_000),
		drainTimeoutMs: integerOption('drainTimeoutMs', options.drainTimeoutMs, 30_000, 0, A_DAY_MS),
		cluster: options.cluster,
		log: options.log,
		clock: options.clock ?? systemClock,
	};
}
