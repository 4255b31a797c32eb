// A client of an echo server whose connection is authenticated and encrypted.
import { connect, createIdentity, installInstrumentation } from 'linkscope';
import { serveCommands } from '../harness/serve-commands.mjs';
import { EchoLoop } from '../loops/echo-loop.mjs';

installInstrumentation();
const connecting = connect(process.argv[2], { identity: createIdentity() });

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
