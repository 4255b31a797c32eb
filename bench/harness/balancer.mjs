import { connect, createServer } from 'node:net';

const HEALTH_MS = 1_000;

/**
 * What stands before the nodes of a cluster: hands each connection to the next node that answers /health within a second, and writes down when it came.
 * @returns {Promise<{ url: string, dialledAt: number[], add(port: number): void, end(): void }>}
 */
export async function startBalancer() {
	const nodes = [];
	const sockets = new Set();
	const dialledAt = [];
	let turn = 0;
	const server = createServer((socket) => {
		dialledAt.push(Date.now());
		keep(socket);
		lead(socket, nodes.length);
	});

	function keep(socket) {
		sockets.add(socket);
		socket.on('error', () => {}).on('close', () => sockets.delete(socket));
	}

	/** One that refuses is passed over. */
	function lead(socket, tries) {
		const healthy = nodes.filter(({ isHealthy }) => isHealthy);
		if (tries === 0 || healthy.length === 0) return socket.destroy();
		const way = connect(healthy[turn++ % healthy.length].port, '127.0.0.1');
		keep(way);
		way.once('error', () => way.connecting === false && way.bytesRead === 0 && lead(socket, tries - 1));
		way.once('connect', () => {
			way.removeAllListeners('error').on('error', () => {});
			socket.pipe(way).pipe(socket);
			socket.on('close', () => way.destroy());
			way.on('close', () => socket.destroy());
		});
	}

	const check = setInterval(() => {
		for (const node of nodes) {
			fetch(`http://127.0.0.1:${node.port}/health`, { signal: AbortSignal.timeout(HEALTH_MS) }).then(
				(response) => {
					node.isHealthy = response.ok;
				},
				() => {
					node.isHealthy = false;
				},
			);
		}
	}, HEALTH_MS);

	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		url: `ws://127.0.0.1:${server.address().port}`,
		dialledAt,
		add(port) {
			nodes.push({ port, isHealthy: true });
		},
		end() {
			clearInterval(check);
			server.close();
			for (const socket of sockets) socket.destroy();
		},
	};
}
