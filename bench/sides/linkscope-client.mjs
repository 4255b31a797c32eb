// The same client as a Connection, with statistics and instrumentation.
import { connect, installInstrumentation, StatisticsPlugin } from 'linkscope';
import { serveCommands } from '../harness/serve-commands.mjs';
import { EchoLoop } from '../loops/echo-loop.mjs';

installInstrumentation();
const connecting = connect(process.argv[2], { plugins: [new StatisticsPlugin()] });

serveCommands({
	async ready() {
		const connection = await connecting;
		echo = new EchoLoop((payload) => connection.send(payload));
		connection.onMessage.on((payload) => echo.receive(payload));
	},
	throughput: (options) => echo.throughput(options),
	roundTrip: (options) => echo.roundTrip(options),
});

let echo;
