import { startLocalRedis } from '@linkscope/relay-server';
import { serveCommands } from '../harness/serve-commands.mjs';

let redis;

serveCommands({
	/** On the port of the one before, so that it is the same Redis come back empty. @returns its port. */
	async start() {
		redis = await startLocalRedis({ port: redis?.port });
		return redis.port;
	},
	stop: (signal) => redis.stop(signal),
});
