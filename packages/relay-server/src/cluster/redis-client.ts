import { Redis } from 'ioredis';
import { RelayError } from '../relay-error.js';

const CONNECT_TIMEOUT_MS = 3_000;
const COMMAND_TIMEOUT_MS = 2_000;
// A beat every 2 s keeps something coming: longer silence means that the other end is gone without a word.
const SILENCE_MS = 5_000;
const RETRY_MS: readonly [number, number] = [100, 1_000];

/**
 * Connects to Redis 6 or newer (RESP3: commands and messages share a connection, so they are lost and found together).
 * From then on it comes back by itself; commands fail at once while it is away, and none is repeated.
 * @param begin what has to work at once
 * @throws RelayError REDIS_UNREACHABLE where the first try fails.
 */
export async function connectRedis(url: string, begin: (redis: Redis) => Promise<void>): Promise<Redis> {
	const place = redisPlace(url);
	let wasReady = false;
	let lastError: Error | null = null;
	const redis = new Redis(url, {
		lazyConnect: true,
		protocol: 3,
		disableClientInfo: true,
		connectTimeout: CONNECT_TIMEOUT_MS,
		commandTimeout: COMMAND_TIMEOUT_MS,
		socketTimeout: SILENCE_MS,
		enableOfflineQueue: false,
		autoResendUnfulfilledCommands: false,
		autoResubscribe: false,
		maxRetriesPerRequest: 0,
		// Spread, because the nodes of a cluster lose their Redis all at once.
		retryStrategy: () => (wasReady ? RETRY_MS[0] + Math.random() * (RETRY_MS[1] - RETRY_MS[0]) : null),
	});
	redis.on('error', (error) => {
		lastError = error;
	});
	try {
		await redis.connect();
		await begin(redis);
	} catch (error) {
		redis.disconnect();
		const { message } = lastError ?? (error as Error);
		throw new RelayError(
			'REDIS_UNREACHABLE',
			`Redis at ${place} cannot be used (${message.replace(/\s+/g, ' ').trim()}): start it there, name another, or leave it out for a relay that stands alone`,
			{ cause: error },
		);
	}
	wasReady = true;
	return redis;
}

/**
 * The URL as it may be shown: a password may stand in it.
 * @throws RangeError where it is none.
 */
export function redisPlace(url: string): string {
	const { protocol, host } = URL.canParse(url) ? new URL(url) : { protocol: '', host: '' };
	if (!/^rediss?:$/.test(protocol) || host === '') throw new RangeError('redis must be a redis: or rediss: URL with a host, such as redis://127.0.0.1:6379');
	return `${protocol}//${host}`;
}
