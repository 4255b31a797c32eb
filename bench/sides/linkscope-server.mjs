// An echo server of Connections, with statistics and instrumentation.
import { installInstrumentation, listen, StatisticsPlugin } from 'linkscope';
import { serveCommands } from '../harness/serve-commands.mjs';

installInstrumentation();
const listening = listen({
	port: 0,
	host: '127.0.0.1',
	plugins: () => [new StatisticsPlugin()],
	onConnection: (connection) => connection.onMessage.on((payload) => connection.send(payload)),
});

serveCommands({ url: async () => (await listening).url });
