// A node with a log and an API is watched. Each goes away for a moment and is found again, and a page sees it all.

import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { LineStream } from '@linkscope/resilience/node';
import { ConnectionStates, FeatureSwitches, HttpEndpoint, StatusBroadcaster } from 'linkscope';
import { WebSocket, WebSocketServer } from 'ws';

// The node, as far as this example needs one.
const readers = new Set();
const logServer = createTcpServer((socket) => readers.add(socket.on('error', () => {})) && socket.write('the node is up\n'));
let isHealthy = true;
const apiServer = createHttpServer((_request, response) => response.writeHead(isHealthy ? 200 : 503).end());
const board = new WebSocketServer({ host: '127.0.0.1', port: 0 });
await Promise.all([once(logServer.listen(0, '127.0.0.1'), 'listening'), once(apiServer.listen(0, '127.0.0.1'), 'listening'), once(board, 'listening')]);

// Shorter than one would have it (30 s between checks, waits from 2 s on), so that the example ends.
const backoff = { next: () => 50 };
const log = new LineStream({ node: 'node1', host: '127.0.0.1', port: logServer.address().port, backoff });
const api = new HttpEndpoint({ node: 'node1', url: `http://127.0.0.1:${apiServer.address().port}`, checkIntervalMs: 50, backoff });
log.onLog.on(({ level, message }) => console.log(`${level}: ${message.replace(/127.*?:\d+/, 'the node')}`));
log.onLine.on((line) => console.log(`Log: ${line}`));

const features = new FeatureSwitches({ statistics: [api] });
features.onChange.on(({ feature, enabled }) => console.log(`Feature ${feature}: ${enabled ? 'on' : 'off'}`));

// Whoever connects is told at once, at every change, and every 10 s.
const states = new ConnectionStates();
states.add('node1', 'log_reader', log);
states.add('node1', 'api_client', api);
const broadcaster = new StatusBroadcaster(states);
board.on('connection', (client) => broadcaster.add(client));

// The page: in a browser it would draw what it is told.
const page = new WebSocket(`ws://127.0.0.1:${board.address().port}`);
let shown = {};
page.on('message', (data) => {
	const { type, states } = JSON.parse(data);
	if (type === 'connection_status') shown = states.node1;
});
async function untilPageShows(component, state) {
	while (shown[component]?.state !== state) await once(page, 'message');
	console.log(`The page shows: ${component} ${state}`);
}

await untilPageShows('log_reader', 'disconnected');
log.start();
await untilPageShows('log_reader', 'connected');
api.start();
await untilPageShows('api_client', 'connected');

isHealthy = false;
await untilPageShows('api_client', 'error');
isHealthy = true;
await untilPageShows('api_client', 'connected');

const nextLine = new Promise((resolve) => log.onLine.once(resolve));
for (const reader of readers) reader.end();
await nextLine;
console.log(`Reconnections: log ${log.metrics.reconnections}, API ${api.metrics.reconnections}`);

features.stop();
log.stop();
api.stop();
broadcaster.close();
page.terminate();
board.close();
logServer.close();
apiServer.close();
