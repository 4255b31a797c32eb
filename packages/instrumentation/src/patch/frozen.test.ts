import { once } from 'node:events';
import * as undici from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { startRecording } from './fixtures/recording.js';
import { startPairs } from './fixtures/ws-pairs.js';
import { instrumentUndici, instrumentWs } from './index.js';

// A file of its own: what is frozen stays frozen. SES (lockdown) freezes the prototypes and leaves the global to be replaced.
const recording = startRecording();
let pairs: Awaited<ReturnType<typeof startPairs>>;
beforeAll(async () => {
	pairs = await startPairs();
});
afterAll(async () => {
	recording.stop();
	await pairs.stop();
});

test('undici with a frozen prototype works, and no record begins that could not end', async () => {
	Object.freeze(undici.WebSocket.prototype);
	const holder = { WebSocket: undici.WebSocket };
	const undo = instrumentUndici(holder);
	expect(holder.WebSocket).toBe(undici.WebSocket);
	const socket = new holder.WebSocket(pairs.url);
	await new Promise((resolve) => socket.addEventListener('open', resolve));
	socket.send('x');
	socket.close();
	await new Promise((resolve) => socket.addEventListener('close', resolve));
	undo();
	expect(recording.events).toEqual([]);
});

test('ws with a method that cannot be replaced works, and no record begins', async () => {
	Object.defineProperty(WebSocket.prototype, 'send', { configurable: false });
	const undo = instrumentWs(WebSocket);
	const { client, peer } = await pairs.connect();
	client.send('x');
	await once(peer, 'message');
	client.close();
	await once(client, 'close');
	undo();
	expect(recording.events).toEqual([]);
});
