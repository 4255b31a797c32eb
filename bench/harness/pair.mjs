import { sidePath } from './bundle.mjs';
import { startSide } from './side.mjs';

/** A server and a client of it, each in a process of its own. */
export async function startPair(serverScript, clientScript, { serverArgs = [] } = {}) {
	const execArgv = ['--expose-gc'];
	const server = startSide(sidePath(serverScript), { execArgv, args: serverArgs });
	const client = startSide(sidePath(clientScript), { execArgv, args: [await server.call('url')] });
	return {
		server,
		client,
		/** Microseconds of CPU that both processes together use for some work. */
		async cpuUsOf(work) {
			const before = (await server.call('cpuUs')) + (await client.call('cpuUs'));
			const result = await work();
			const after = (await server.call('cpuUs')) + (await client.call('cpuUs'));
			return [after - before, result];
		},
		async end() {
			await client.end();
			await server.end();
		},
	};
}
