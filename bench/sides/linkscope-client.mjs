// The same client as a Connection, with statistics and instrumentation.
import { connect, installInstrumentation, StatisticsPlugin } from 'linkscope';
import { serveCommands } from '../harness/serve-commands.mjs';
import { EchoLoop } from '../loops/echo-loop.mjs';

installInstrumentation();
const opened = connect(process.argv[2], { plugins: [new StatisticsPlugin()] });
const echo = new EchoLoop((payload) => connection.send(payload));
const connection = await opened;
connection.onMessage.on((payload) => echo.receive(payload));

serveCommands({
	ready: () => connection.state,
	throughput: (options) => echo.throughput(options),
	roundTrip: (options) => echo.roundTrip(options),
});
