import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { startRecording } from './fixtures/recording.js';
import { patchWebSocket } from './index.js';

// What an application dispatches itself reaches its listeners, and says nothing about the connection.
const url = inject('scriptedUrl');
const undos: (() => void)[] = [];
let recording: ReturnType<typeof startRecording>;

beforeEach(() => {
	recording = startRecording();
	undos.push(recording.stop, patchWebSocket({ observes: (remote) => remote.startsWith(url) }));
});
afterEach(() => {
	for (const undo of undos.splice(0).reverse()) undo();
});

const next = (socket: WebSocket, type: string): Promise<Event> => new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }));

test('events an application dispatches are no traffic, no error and no end', async () => {
	const socket = new WebSocket(url);
	socket.dispatchEvent(new Event('open'));
	expect(recording.sockets).toMatchObject([{ states: ['CONNECTING'] }]);
	await next(socket, 'open');
	const heard: string[] = [];
	socket.onmessage = ({ data }) => heard.push(data);
	socket.dispatchEvent(new MessageEvent('message', { data: 'made up', origin: new URL(url).origin }));
	socket.dispatchEvent(new Event('error'));
	socket.dispatchEvent(new Event('close'));
	socket.dispatchEvent(new CloseEvent('close', { code: 1000 }));
	socket.send('real');
	await next(socket, 'message');
	expect(heard).toEqual(['made up', 'real']);
	expect(recording.sockets).toMatchObject([{ states: ['CONNECTING', 'ACTIVE'], sent: 1, received: 1, errors: [], close: null }]);
	socket.close();
	await next(socket, 'close');
	expect(recording.sockets).toMatchObject([{ close: { state: 'CLOSED' } }]);
});
