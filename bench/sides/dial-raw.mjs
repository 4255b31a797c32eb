import { serveDialLoop } from '../loops/dial-loop.mjs';
import { dialRaw, endOf } from '../loops/dial-raw.mjs';

const [url] = process.argv.slice(2);

serveDialLoop(async () => {
	const socket = await dialRaw(url);
	return {
		send: (payload) => socket.send(payload),
		onMessage: (receive) => socket.addEventListener('message', receive, { once: true }),
		end: () => endOf(socket),
	};
});
