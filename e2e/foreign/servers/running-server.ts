import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RunningServer {
	port: number;
	stop(): unknown;
}

/** Listens on a free loopback port. */
export async function listening(http: Server, stop: () => unknown): Promise<RunningServer> {
	http.listen(0, '127.0.0.1');
	await new Promise((resolve) => http.once('listening', resolve));
	return {
		port: (http.address() as AddressInfo).port,
		stop() {
			stop();
			http.close();
			http.closeAllConnections();
		},
	};
}
