import { systemClock } from '@linkscope/core';
import { SocketAcceptor } from '../../packages/relay-server/src/wire/socket-acceptor.js';
import { splice } from '../../packages/relay-server/src/wire/splice.js';
import { serveRelay } from '../loops/relay-side.mjs';

const MiB = 1024 * 1024;
const acceptor = new SocketAcceptor(systemClock);

serveRelay(
	(server, arrived) =>
		server.on('upgrade', (request, stream, head) => {
			const socket = acceptor.accept(request, stream, head, '127.0.0.1');
			socket.start({ text() {}, closed() {} });
			socket.hold();
			arrived(socket);
		}),
	(first, second) => splice(first, second, { clock: systemClock, maxFrameBytes: 2 * MiB, heldBytesPerDirection: 2 * MiB, stallTimeoutMs: 30_000 }),
);
