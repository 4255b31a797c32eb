import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import ws, { WebSocket, WebSocketServer } from 'ws';
import {
	Connection,
	connect,
	getConnectionInstrumentationStats,
	installInstrumentation,
	instrumentWs,
	onConnectionEvent,
	resetInstrumentation,
} from './index.js';

// A Connection over a socket that the patch has seen: one socket, one record.
let undo: (() => void)[] = [];
beforeEach(() => {
	undo = [installInstrumentation({ include: [/\/one-record/] }), instrumentWs(ws)];
	resetInstrumentation();
});
afterEach(() => {
	for (const step of undo.reverse()) step();
});

it('counts a failed raw socket once, with its error', async () => {
	const connection = new Connection(new WebSocket('ws://127.0.0.1:1/one-record'));
	await new Promise((resolve) => connection.onClose.on(resolve));
	const { totalConnections, connections, recentErrors, global } = getConnectionInstrumentationStats();
	expect(totalConnections).toBe(1);
	expect(connections).toMatchObject([{ id: connection.id, state: 'FAILED', close: { verdict: { word: 'refused' } } }]);
	expect(global.failedConnections).toBe(1);
	expect(recentErrors.map(({ connectionId, error }) => [connectionId, error])).toEqual([[connection.id, expect.stringContaining('ECONNREFUSED')]]);
});

it('tells of no connection but those that are listed, however many are dialled at once', async () => {
	const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
	await once(server, 'listening');
	const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/one-record`;
	const told: (string | null)[] = [];
	undo.push(onConnectionEvent(({ event, connectionId }) => event === 'created' && told.push(connectionId)));
	const connections = await Promise.all(Array.from({ length: 70 }, () => connect(url)));
	const listed = getConnectionInstrumentationStats().connections;
	expect([...told].sort()).toEqual(listed.map(({ id }) => id).sort());
	expect(listed.filter(({ from }) => from === null)).toHaveLength(70);
	for (const connection of connections) connection.terminate();
	server.close();
});

it('counts a dialled and a wrapped socket once each, with their messages', async () => {
	const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
	server.on('connection', (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })));
	await once(server, 'listening');
	const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/one-record`;
	const connections = [await connect(url), new Connection(new WebSocket(url))];
	for (const connection of connections) {
		connection.send('hello');
		await connection.messages().next();
		await connection.close();
	}
	const stats = getConnectionInstrumentationStats();
	// The server's ends are in this process too.
	expect(stats.totalConnections).toBe(4);
	const dialled = stats.connections.filter(({ from }) => from === null);
	expect(dialled.map(({ id, messagesSent, bytesReceived }) => [id, messagesSent, bytesReceived])).toEqual(connections.map(({ id }) => [id, 1, 5]));
	expect(stats.global.totalMessages).toBe(8);
	server.close();
});
