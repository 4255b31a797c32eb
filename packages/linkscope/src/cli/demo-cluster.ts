import { startLocalRedis } from '@linkscope/relay-server';
import { DemoError } from './demo-child.js';
import { DemoProcesses } from './demo-processes.js';
import type { Output, ProcessLike } from './output.js';
import { untilStopped } from './until-stopped.js';

/**
 * Relays that share a Redis, each a process of its own on a free port of this machine, until a signal comes; nothing of it stays behind.
 * @param file that runs this command
 * @returns the exit code.
 * @throws RelayError REDIS_NOT_FOUND, REDIS_NOT_STARTED
 */
export async function demoCluster(count: number, file: string, output: Output, process: ProcessLike): Promise<number> {
	const stopped = untilStopped(process);
	const redis = await startLocalRedis();
	const processes = new DemoProcesses(file, output);
	const names = Array.from({ length: count }, (_, index) => `node ${index + 1}`);
	try {
		const started = Promise.all(names.map((name) => processes.startRelay('127.0.0.1', name, ['--redis', redis.url])));
		const urls = await Promise.race([started, stopped.promise]);
		if (urls === 'stopped') return 0;
		output.title(`${count} relays share the Redis at ${redis.url}`);
		for (const [index, url] of urls.entries()) output.line(`  ${names[index]}  ${url}`);
		output.line('What waits at one of them is reached by all.');
		output.faint('Ctrl-C ends them and the Redis.');
		await stopped.promise;
		return 0;
	} catch (error) {
		if (!(error instanceof DemoError)) throw error;
		output.error(`${error.who}: ${error.message}`);
		return 1;
	} finally {
		stopped.forget();
		await processes.end();
		await redis.stop();
	}
}
