import { getEventListeners } from 'node:events';
import * as namespace from 'undici';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startRecording } from './fixtures/recording.js';
import { startScriptedServer } from './fixtures/scripted-server.js';
import { instrumentUndici } from './index.js';

type Socket = InstanceType<typeof namespace.WebSocket>;

let server: Awaited<ReturnType<typeof startScriptedServer>>;
let recording: ReturnType<typeof startRecording>;
let undo: () => void;

beforeEach(async () => {
	server = await startScriptedServer();
	recording = startRecording();
});
afterEach(async () => {
	undo();
	recording.stop();
	await server.stop();
});

const next = (socket: Socket, type: 'open' | 'message' | 'close'): Promise<unknown> =>
	new Promise((resolve) => socket.addEventListener(type, resolve as never, { once: true }));

/** Sends a text, has it echoed, is closed by the server. */
async function use(socket: Socket): Promise<void> {
	await next(socket, 'open');
	const answer = next(socket, 'message');
	socket.send('grüße');
	await answer;
	const end = next(socket, 'close');
	socket.send('close 4001 enough');
	await end;
}

const counted = {
	sent: 2,
	received: 1,
	bytesSent: 7 + 17,
	bytesReceived: 7,
	wireBytesSent: 7 + 17 + 2 * 6,
	close: { code: 4001, reason: 'enough', wasClean: true, initiatedBy: 'remote', state: 'CLOSED' },
};

test('on a module that can be changed, a socket is seen from its construction', async () => {
	const undici = { ...namespace };
	undo = instrumentUndici(undici);
	const socket = new undici.WebSocket(server.url);
	expect(recording.sockets).toMatchObject([{ remote: server.url, states: ['CONNECTING'] }]);
	await use(socket);
	expect(recording.sockets).toMatchObject([counted]);
	undo();
	expect(undici.WebSocket).toBe(namespace.WebSocket);
});

test.each([
	['an ES module namespace', namespace],
	['the class', namespace.WebSocket],
])('given %s, which cannot be changed, a socket is seen from its first use', async (_what, undici) => {
	undo = instrumentUndici(undici);
	const socket = new namespace.WebSocket(server.url);
	expect(recording.sockets).toEqual([]);
	await use(socket);
	expect(recording.sockets).toMatchObject([counted]);
});

test('an error tells what Node told', async () => {
	undo = instrumentUndici(namespace.WebSocket);
	const socket = new namespace.WebSocket('ws://127.0.0.1:1/');
	await next(socket, 'close');
	expect(recording.sockets).toMatchObject([{ states: ['CONNECTING', 'FAILED'], close: { code: 1006, initiatedBy: 'network' } }]);
	expect(recording.sockets[0]?.errors).toHaveLength(1);
});

test('no listener is added', async () => {
	undo = instrumentUndici(namespace.WebSocket);
	const socket = new namespace.WebSocket(server.url);
	socket.onmessage = () => {};
	expect(['open', 'message', 'error', 'close'].map((type) => getEventListeners(socket as never, type).length)).toEqual([0, 1, 0, 0]);
	await use(socket);
});

test('what is not undici is left alone', () => {
	undo = () => {};
	for (const other of [undefined, null, 1, {}, { WebSocket: 1 }]) expect(() => instrumentUndici(other)()).not.toThrow();
});
