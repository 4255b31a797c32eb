import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RelayError, type RelayLimits, type RelayServerOptions } from '@linkscope/relay-server';
import { UsageError } from './usage.js';

/** What `linkscope relay` is told, by its options or in the file of `--config`; paths are absolute. */
export interface RelayConfig
	extends Pick<RelayServerOptions, 'host' | 'port' | 'one' | 'trustedProxies' | 'metricsToken' | 'pingIntervalMs' | 'drainTimeoutMs'> {
	publicUrls?: string[];
	tlsCert?: string;
	tlsKey?: string;
	/** Folder of the relay's identity; without one it has a new one at each start. */
	identity?: string;
	redis?: string;
	clusterUrl?: string;
	clusterSecret?: string;
	limits?: Partial<RelayLimits>;
}

const KEYS: Readonly<Record<keyof RelayConfig, 'text' | 'number' | 'boolean' | 'texts' | 'limits'>> = {
	host: 'text',
	port: 'number',
	tlsCert: 'text',
	tlsKey: 'text',
	publicUrls: 'texts',
	identity: 'text',
	redis: 'text',
	clusterUrl: 'text',
	clusterSecret: 'text',
	one: 'boolean',
	trustedProxies: 'number',
	metricsToken: 'text',
	pingIntervalMs: 'number',
	drainTimeoutMs: 'number',
	limits: 'limits',
};

const LIMITS: Readonly<Record<keyof RelayLimits, true>> = {
	registrationsPerKey: true,
	registrationsPerAddress: true,
	connectionsPerAddress: true,
	connectionsPerSecondPerAddress: true,
	connectionsBurstPerAddress: true,
	callsPerSecondPerTarget: true,
	callsBurstPerTarget: true,
	handshakeTimeoutMs: true,
	maxFrameBytes: true,
	heldBytesPerDirection: true,
	heldBytes: true,
	stallTimeoutMs: true,
	spliceDurationMs: true,
	spliceBytes: true,
	maxConnections: true,
};

const PATHS = ['tlsCert', 'tlsKey', 'identity'] as const;

/**
 * Reads a JSON file that holds any of the options; paths in it are relative to its folder.
 * @throws RelayError CONFIG_UNREADABLE: one line that names the file, and the key that is unknown or makes no sense.
 */
export async function readRelayConfig(path: string): Promise<RelayConfig> {
	const text = await readFile(path, 'utf8').catch((error) => {
		throw unreadable(path, `it cannot be read: ${(error as Error).message}`);
	});
	const config = parse(path, text);
	for (const key of Object.keys(config)) check(path, key, config[key]);
	const read = config as RelayConfig;
	const folder = dirname(resolve(path));
	for (const key of PATHS) {
		if (read[key] !== undefined) read[key] = resolve(folder, read[key]);
	}
	return read;
}

/** What belongs together, wherever it came from. */
export function checkTogether({ tlsCert, tlsKey, clusterUrl, redis, host }: RelayConfig): void {
	if ((tlsCert === undefined) !== (tlsKey === undefined)) throw new UsageError('a TLS certificate and its key belong together: give --tls-cert and --tls-key');
	if (redis === undefined && clusterUrl !== undefined)
		throw new UsageError('--cluster-url is where other nodes reach this one, and they meet at a Redis: give --redis too');
	if (redis !== undefined && clusterUrl === undefined && (host === '0.0.0.0' || host === '::')) {
		throw new UsageError(`--redis needs --cluster-url: at ${host} no other node can tell where this one is`);
	}
}

function parse(path: string, text: string): Record<string, unknown> {
	try {
		const parsed = JSON.parse(text);
		if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
	} catch {
		// The platform's message quotes the file, and there may be secrets in it.
	}
	throw unreadable(path, 'it is not one JSON object');
}

function check(path: string, key: string, value: unknown): void {
	const kind = Object.hasOwn(KEYS, key) ? KEYS[key as keyof RelayConfig] : undefined;
	if (kind === undefined) throw unreadable(path, `there is no option ${JSON.stringify(key)}; it knows ${Object.keys(KEYS).join(', ')}`);
	if (kind === 'limits') {
		if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unreadable(path, '"limits" must be an object');
		const unknown = Object.keys(value).find((name) => !Object.hasOwn(LIMITS, name));
		if (unknown !== undefined) throw unreadable(path, `there is no limit ${JSON.stringify(unknown)}; it knows ${Object.keys(LIMITS).join(', ')}`);
	} else if (
		kind === 'texts' ? !Array.isArray(value) || !value.every((one) => typeof one === 'string') : typeof value !== (kind === 'text' ? 'string' : kind)
	) {
		throw unreadable(path, `${JSON.stringify(key)} must be a ${kind === 'texts' ? 'list of texts' : kind}`);
	}
}

function unreadable(path: string, why: string): RelayError {
	return new RelayError('CONFIG_UNREADABLE', `the configuration ${path} cannot be used: ${why}`);
}
