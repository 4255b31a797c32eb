import { serveCommands } from '../harness/serve-commands.mjs';
import { EchoLoop } from './echo-loop.mjs';

/** A client of an echo server, as an application uses a Connection. @param connecting what connect() returned. */
export function serveConnectionClient(connecting) {
	let echo;

	serveCommands({
		async ready() {
			const connection = await connecting;
			echo = new EchoLoop((payload) => connection.send(payload));
			connection.onMessage.on((payload) => echo.receive(payload));
		},
		throughput: (options) => echo.throughput(options),
		roundTrip: (options) => echo.roundTrip(options),
	});
}
