import { WebSocketServer } from 'ws';
import { serveRelay } from '../loops/relay-side.mjs';

const MOST_HELD_BYTES = 2 * 1024 * 1024;

serveRelay(
	(server, arrived) => new WebSocketServer({ server, perMessageDeflate: false }).on('connection', arrived),
	(first, second) => {
		pipe(first, second);
		pipe(second, first);
	},
);

/** What one writes in ten lines on ws: whole messages, and a pause where the other side does not keep up. */
function pipe(from, to) {
	from.on('message', (data, isBinary) => {
		to.send(data, { binary: isBinary }, () => {
			if (from.isPaused && to.bufferedAmount < MOST_HELD_BYTES / 2) from.resume();
		});
		if (to.bufferedAmount > MOST_HELD_BYTES) from.pause();
	});
	from.on('close', () => to.close());
}
