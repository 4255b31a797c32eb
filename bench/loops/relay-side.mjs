import { createServer } from 'node:http';
import { serveCommands } from '../harness/serve-commands.mjs';

/**
 * A relay without registration: the first socket waits, the second is its peer.
 * @param {(server: import('node:http').Server, arrived: (socket: object) => void) => void} accept
 * @param {(first: object, second: object) => void} splice
 */
export function serveRelay(accept, splice) {
	const server = createServer();
	let waiting = null;
	accept(server, (socket) => {
		if (waiting === null) waiting = socket;
		else {
			splice(waiting, socket);
			waiting = null;
		}
	});
	const listening = new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

	serveCommands({
		async url() {
			await listening;
			return `ws://127.0.0.1:${server.address().port}`;
		},
	});
}
