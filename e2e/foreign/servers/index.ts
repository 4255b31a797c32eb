import { startGraphql } from './graphql.js';
import { startMqtt } from './mqtt.js';
import { startParty } from './party.js';
import type { RunningServer } from './running-server.js';
import { startSocketIo } from './socket-io.js';
import { startWireCounter, type WiredConnection } from './wire-counter.js';
import { startYjs } from './yjs.js';

const starters: Record<string, () => Promise<RunningServer>> = {
	'socket.io': startSocketIo,
	mqtt: startMqtt,
	'graphql-ws': startGraphql,
	partysocket: startParty,
	'y-websocket': startYjs,
};

export interface ForeignServers {
	/** Application to the port of the counter in front of its server. */
	ports: Record<string, number>;
	/** What the wire saw of an application since the start. */
	counts(application: string): WiredConnection[];
	stop(): void;
}

/** One real server for each foreign application. */
export async function startForeignServers(): Promise<ForeignServers> {
	const running = await Promise.all(
		Object.entries(starters).map(async ([application, start]) => {
			const server = await start();
			return { application, server, counter: await startWireCounter(server.port) };
		}),
	);
	return {
		ports: Object.fromEntries(running.map(({ application, counter }) => [application, counter.port])),
		counts: (application) => running.find((one) => one.application === application)?.counter.connections ?? [],
		stop() {
			for (const { server, counter } of running) {
				counter.stop();
				server.stop();
			}
		},
	};
}
