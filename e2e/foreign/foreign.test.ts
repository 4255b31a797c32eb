import { createRequire } from 'node:module';
import { getConnectionInstrumentationStats, installInstrumentation, instrumentWs } from '@linkscope/instrumentation';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import { applications } from './applications/index.js';
import { carried, told } from './compare.js';
import { type ForeignServers, startForeignServers } from './servers/index.js';

// socket.io-client brings a ws of its own.
const require = createRequire(import.meta.url);
const wsOfSocketIo = createRequire(createRequire(require.resolve('socket.io-client')).resolve('engine.io-client'))('ws');

let servers: ForeignServers;
let undos: (() => void)[];
beforeAll(async () => {
	servers = await startForeignServers();
	undos = [installInstrumentation(), instrumentWs(WebSocket), instrumentWs(wsOfSocketIo)];
});
afterAll(() => {
	for (const undo of undos) undo();
	servers.stop();
});

test.each(Object.keys(applications))('in Node the stats of %s are what the wire of its server carried', async (application) => {
	const port = servers.ports[application] as number;
	// Clients only: the servers of this test live in the same process.
	const connections = () => getConnectionInstrumentationStats().connections.filter(({ url, from }) => from === null && new URL(url).port === String(port));
	await applications[application]?.(port, WebSocket as never);
	expect(servers.counts(application).length).toBeGreaterThan(0);
	await vi.waitFor(() => expect(told(connections())).toEqual(carried(servers.counts(application))), 25_000);
});
