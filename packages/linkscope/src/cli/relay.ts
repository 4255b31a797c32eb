import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { systemClock } from '@linkscope/core';
import { encodeBase64url, type Identity } from '@linkscope/crypto';
import { bytesToHex } from '@linkscope/crypto/nacl';
import { createRedisCluster, createRelayServer, RelayError, type RelayServer, type TlsFiles } from '@linkscope/relay-server';
import { fileStorage } from '../stores/file-storage.js';
import { loadOrCreateIdentity } from '../stores/identity.js';
import { demoCluster } from './demo-cluster.js';
import type { Output, ProcessLike } from './output.js';
import { checkTogether, type RelayConfig, readRelayConfig } from './relay-config.js';
import { readArgs, UsageError, usageNumber } from './usage.js';

const OPTIONS = {
	host: { type: 'string' },
	port: { type: 'string' },
	redis: { type: 'string' },
	'cluster-url': { type: 'string' },
	'tls-cert': { type: 'string' },
	'tls-key': { type: 'string' },
	'public-url': { type: 'string', multiple: true },
	config: { type: 'string' },
	'demo-cluster': { type: 'string' },
	help: { type: 'boolean', short: 'h' },
	'no-color': { type: 'boolean' },
} as const;

export const RELAY_USAGE = `linkscope relay [options]

  --host <name>          address to listen on (default 127.0.0.1: this machine only; 0.0.0.0 for all)
  --port <n>             default 4190; 0 for a free one
  --public-url <url>     how clients dial it, such as wss://relay.example; may be given several times
                         (default: every address of this machine)
  --tls-cert <file>      PEM certificate with its chain; without one it speaks ws:, for use behind a proxy
  --tls-key <file>       PEM key of the certificate
  --redis <url>          shares what waits here with other nodes, such as redis://10.0.0.2:6379
  --cluster-url <url>    where the other nodes reach this one, such as ws://10.0.0.3:4190
  --config <file>        JSON object with any of these (tlsCert, publicUrls, …) and identity, clusterSecret, one,
                         limits, trustedProxies, metricsToken, pingIntervalMs, drainTimeoutMs; options win over it
  --demo-cluster <n>     instead of all that: n relays and a Redis found on this machine, on free ports

GET /health and /metrics answer on the same port. The log, one JSON object a line, goes to stderr.
SIGTERM or SIGINT: takes no more, tells who waits to come back, and ends when the last pair has parted, or after 30 s; a second one ends at once.
Exit code 0: it was told to end; 1: it could not start; 2: the arguments make no sense.`;

/** Runs a relay until it is told to end. @param file that runs this command. @returns the exit code. */
export async function relay(args: readonly string[], output: Output, process: ProcessLike, file: string): Promise<number> {
	const { values, positionals } = readArgs(args, OPTIONS);
	if (values.help) {
		output.line(RELAY_USAGE);
		return 0;
	}
	if (positionals.length > 0) throw new UsageError(`linkscope relay takes options alone, got ${JSON.stringify(positionals[0])}`);
	if (values['demo-cluster'] !== undefined) return demoCluster(nodeCount(values), file, output, process);
	const config: RelayConfig = {
		...(values.config !== undefined && (await readRelayConfig(values.config))),
		...(values.host !== undefined && { host: values.host }),
		...(values.port !== undefined && { port: usageNumber('--port', values.port, 4190, [0, 65_535]) }),
		...(values.redis !== undefined && { redis: values.redis }),
		...(values['cluster-url'] !== undefined && { clusterUrl: values['cluster-url'] }),
		...(values['tls-cert'] !== undefined && { tlsCert: resolve(values['tls-cert']) }),
		...(values['tls-key'] !== undefined && { tlsKey: resolve(values['tls-key']) }),
		...(values['public-url'] !== undefined && { publicUrls: values['public-url'] }),
	};
	checkTogether(config);
	const server = await startServer(config, process);
	// Before anybody is told that it runs: who is told may end it.
	const over = ended(server, process);
	output.line(`linkscope relay at ${server.address?.url}`);
	output.line(`  identity   ${server.fingerprint}`);
	output.line(`  its key    ${encodeBase64url(server.publicKey)}`);
	if (config.one !== false) output.line(`  ONE's key  ${bytesToHex(server.onePublicKey)}`);
	output.faint('It ends with Ctrl-C.');
	await over;
	return 0;
}

function nodeCount({ 'demo-cluster': count, 'no-color': _, ...others }: Record<string, unknown>): number {
	const [other] = Object.keys(others);
	if (other !== undefined) throw new UsageError(`--demo-cluster brings its own Redis and takes free ports: leave out --${other}`);
	return usageNumber('--demo-cluster', String(count), 3, [1, 9]);
}

async function startServer(config: RelayConfig, process: ProcessLike): Promise<RelayServer> {
	const { tlsCert, tlsKey, identity, redis, clusterUrl, clusterSecret, ...options } = config;
	const tls = tlsCert === undefined || tlsKey === undefined ? undefined : await readTls(tlsCert, tlsKey);
	const own: Identity | undefined = identity === undefined ? undefined : await loadOrCreateIdentity(fileStorage(identity));
	const log = (entry: object): void => void process.stderr.write(`${JSON.stringify(entry)}\n`);
	const ofCluster = (entry: object): void => log({ at: new Date(systemClock.epoch()).toISOString(), level: 'warn', ...entry });
	try {
		const registrationsPerKey = options.limits?.registrationsPerKey;
		const address = (): string => server.address?.url as string;
		const cluster =
			redis === undefined ? undefined : createRedisCluster({ redis, clusterUrl: clusterUrl ?? address, clusterSecret, registrationsPerKey, log: ofCluster });
		const server = createRelayServer({ ...options, tls, identity: own, cluster, log });
		await server.listen();
		return server;
	} catch (error) {
		// What an option of ours says of a value: the file or the arguments hold it.
		if (error instanceof RangeError || error instanceof TypeError) throw new UsageError(error.message);
		throw error;
	}
}

async function readTls(certPath: string, keyPath: string): Promise<TlsFiles> {
	const read = (what: string, path: string): Promise<Buffer> =>
		readFile(path).catch((error) => {
			throw new RelayError('TLS_UNREADABLE', `the TLS ${what} ${path} cannot be read: ${(error as Error).message}; name a PEM file that this user may read`);
		});
	return { cert: await read('certificate', certPath), key: await read('key', keyPath) };
}

/** The first signal drains, the second does not wait. */
function ended(server: RelayServer, process: ProcessLike): Promise<void> {
	return new Promise((resolve, reject) => {
		const stopListening = onSignals(process, () => {
			stopListening();
			const stopHurrying = onSignals(process, () => void server.close());
			server.drain().then(resolve, reject).finally(stopHurrying);
		});
	});
}

function onSignals(process: ProcessLike, listener: () => void): () => void {
	const stop = (): void => {
		process.off('SIGINT', listener);
		process.off('SIGTERM', listener);
	};
	process.once('SIGINT', listener);
	process.once('SIGTERM', listener);
	return stop;
}
