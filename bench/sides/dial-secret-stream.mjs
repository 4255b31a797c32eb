import SecretStream from '@hyperswarm/secret-stream';
import { createWebSocketStream } from 'ws';
import { serveDialLoop } from '../loops/dial-loop.mjs';
import { dialRaw, endOf } from '../loops/dial-raw.mjs';

const [url] = process.argv.slice(2);
const keyPair = SecretStream.keyPair();

serveDialLoop(async () => {
	const socket = await dialRaw(url);
	const stream = new SecretStream(true, createWebSocketStream(socket), { keyPair });
	stream.on('error', () => {});
	if (!(await stream.opened)) throw new Error('the secret stream did not open');
	return {
		send: (payload) => stream.write(payload),
		onMessage: (receive) => stream.once('data', receive),
		end: () => endOf(socket),
	};
});
