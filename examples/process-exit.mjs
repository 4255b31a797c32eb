// Everything that has a timer, used and closed: nothing may keep the process alive.
import 'linkscope/auto';
import {
	CompressionPlugin,
	Connection,
	connect,
	FragmentationPlugin,
	listen,
	NetworkPlugin,
	PingPongPlugin,
	StatisticsPlugin,
	TypedMessagesPlugin,
} from 'linkscope';
import { WebSocket } from 'ws';

const plugins = () => [
	new PingPongPlugin(),
	new StatisticsPlugin(),
	new NetworkPlugin(),
	new FragmentationPlugin(),
	new CompressionPlugin(),
	new TypedMessagesPlugin(),
];
const echo = (connection) => connection.onMessage.on((message) => connection.send(message));
const server = await listen({ plugins, onConnection: echo });
const plain = await listen({ onConnection: echo });

const ours = await connect(server.url, { plugins: plugins() });
const wrapped = new Connection(new WebSocket(plain.url));
const terminated = await connect(plain.url);
for (const connection of [ours, wrapped]) {
	connection.send('x'.repeat(10_000));
	await connection.messages().next();
}
await ours.close();
await wrapped.close();
terminated.terminate();
await server.close();
await plain.close();
console.log('all closed');
