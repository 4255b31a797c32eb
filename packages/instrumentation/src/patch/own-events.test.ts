import { once } from 'node:events';
import * as undici from 'undici';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import { type Recorded, startRecording } from './fixtures/recording.js';
import { startPairs } from './fixtures/ws-pairs.js';
import { instrumentUndici, instrumentWs } from './index.js';

// What an application emits or dispatches itself reaches its listeners, and says nothing about the connection.
const undos: (() => unknown)[] = [];
let pairs: Awaited<ReturnType<typeof startPairs>>;
let recording: ReturnType<typeof startRecording>;

beforeEach(async () => {
	pairs = await startPairs();
	recording = startRecording();
	undos.push(pairs.stop, recording.stop, instrumentWs(WebSocket), instrumentUndici(undici));
});
afterEach(async () => {
	for (const undo of undos.splice(0).reverse()) await undo();
});

const clientRecord = (): Recorded => recording.sockets.find(({ remote }) => remote === pairs.url) as Recorded;

test("ws: a 'close' on an open socket ends no record", async () => {
	const { client, peer } = await pairs.connect();
	client.emit('close');
	client.emit('close', 1000, 'not really');
	client.send('x');
	await once(peer, 'message');
	expect(clientRecord()).toMatchObject({ states: ['CONNECTING', 'ACTIVE'], sent: 1, close: null });
});

test('ws: what cannot be read reaches its listeners', () => {
	const client = new WebSocket(pairs.url);
	client.on('error', () => {});
	const heard = vi.fn();
	client.on('message', heard);
	const unreadable = {
		get byteLength(): number {
			throw new Error('unreadable');
		},
	};
	client.emit('message', unreadable, true);
	expect(heard.mock.calls[0]?.[0] === unreadable).toBe(true);
	expect(clientRecord().received).toBe(0);
	client.terminate();
});

test('ws: of an error only a word is told as its code, and only text as its message', async () => {
	const { client } = await pairs.connect();
	client.on('error', () => {});
	client.emit('error', { code: `\u001b[31m${'E'.repeat(100_000)}`, message: { toString: null } });
	client.emit('error', null);
	client.emit('error', Object.assign(new Error('too big'), { code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' }));
	expect(clientRecord().errors).toEqual([
		{ kind: 'connection', code: null, message: 'the WebSocket failed' },
		{ kind: 'connection', code: null, message: 'the WebSocket failed' },
		{ kind: 'protocol', code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', message: 'too big' },
	]);
});

test('undici: a message or a close is no traffic and no end', async () => {
	const socket = new undici.WebSocket(pairs.url);
	const heard = vi.fn();
	socket.onmessage = heard;
	socket.dispatchEvent(new Event('open') as never);
	expect(clientRecord().states).toEqual(['CONNECTING']);
	await new Promise((resolve) => socket.addEventListener('open', resolve));
	socket.dispatchEvent(new MessageEvent('message', { data: 'made up' }) as never);
	socket.dispatchEvent(new Event('close') as never);
	expect(heard).toHaveBeenCalledTimes(1);
	expect(clientRecord()).toMatchObject({ states: ['CONNECTING', 'ACTIVE'], received: 0, close: null });
	socket.close();
	await new Promise((resolve) => socket.addEventListener('close', resolve));
	expect(clientRecord().close).toMatchObject({ state: 'CLOSED' });
});
