import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { hub } from '@linkscope/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import WebSocket, * as ws from 'ws';
import { type Recorded, startRecording } from './fixtures/recording.js';
import { instrumentWs, patchWebSocket } from './index.js';

const undos: (() => void)[] = [];
let server: ws.WebSocketServer;
let url: string;
let recording: ReturnType<typeof startRecording>;

beforeEach(async () => {
	server = new ws.WebSocketServer({ host: '127.0.0.1', port: 0 });
	await once(server, 'listening');
	url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
	recording = startRecording();
	undos.push(recording.stop);
});

afterEach(async () => {
	for (const undo of undos.splice(0).reverse()) undo();
	for (const client of server.clients) client.terminate();
	await new Promise((resolve) => server.close(resolve));
});

function install(options?: Parameters<typeof instrumentWs>[1]): () => void {
	const undo = instrumentWs(WebSocket, options);
	undos.push(undo);
	return undo;
}

/** A client and the server's end of it. */
async function connectPair(): Promise<{ client: WebSocket; peer: WebSocket }> {
	const accepted = once(server, 'connection');
	const client = new WebSocket(url);
	const [[peer]] = await Promise.all([accepted, once(client, 'open')]);
	return { client, peer: peer as WebSocket };
}

/** Resolves at 'close', whatever 'error' comes before it. */
const ended = (socket: WebSocket): Promise<void> => new Promise((resolve) => socket.once('close', () => resolve()));

const clientRecord = (): Recorded => recording.sockets.find(({ from }) => from === undefined) as Recorded;
const serverRecord = (): Recorded => recording.sockets.find(({ from }) => from !== undefined) as Recorded;

test('both ends of a ws connection are counted: messages, UTF-8 bytes, frame headers, the close', async () => {
	install();
	const { client, peer } = await connectPair();
	peer.on('message', (data, isBinary) => peer.send(data, { binary: isBinary }));
	client.send('grüße 🌍');
	await once(client, 'message');
	client.send(new Uint8Array(200));
	await once(client, 'message');
	client.close(1000, 'done');
	await Promise.all([once(client, 'close'), once(peer, 'close')]);

	const textBytes = Buffer.byteLength('grüße 🌍');
	expect(clientRecord()).toMatchObject({
		states: ['CONNECTING', 'ACTIVE', 'CLOSING', 'CLOSED'],
		sent: 2,
		received: 2,
		bytesSent: textBytes + 200,
		bytesReceived: textBytes + 200,
		wireBytesSent: textBytes + 6 + 200 + 8,
		wireBytesReceived: textBytes + 2 + 200 + 4,
		close: { code: 1000, reason: 'done', wasClean: true, initiatedBy: 'local', state: 'CLOSED' },
	});
	expect(serverRecord()).toMatchObject({
		states: ['CONNECTING', 'ACTIVE', 'CLOSED'],
		sent: 2,
		received: 2,
		wireBytesSent: textBytes + 2 + 200 + 4,
		close: { code: 1000, reason: 'done', initiatedBy: 'remote' },
	});
});

test("a server's socket has the URL its peer asked for, and says where it came from", async () => {
	undos.push(instrumentWs(ws));
	const client = new WebSocket(`${url}chat?token=x`, { headers: { host: 'chat.example' } });
	await once(client, 'open');
	const { localAddress, localPort } = (client as unknown as { _socket: Socket })._socket;
	expect(serverRecord()).toMatchObject({ remote: 'ws://chat.example/chat?token=x', from: `${localAddress}:${localPort}` });
	expect(clientRecord()).toMatchObject({ remote: `${url}chat?token=x`, from: undefined });
	client.terminate();
});

test('where only the class of sockets is known, it has the address it was reached at', async () => {
	install();
	const { client } = await connectPair();
	expect(serverRecord().remote).toBe(url.slice(0, -1));
	client.terminate();
});

test('handleUpgrade of a server is given back', () => {
	const { handleUpgrade } = ws.WebSocketServer.prototype;
	const undo = instrumentWs(ws);
	expect(ws.WebSocketServer.prototype.handleUpgrade).not.toBe(handleUpgrade);
	expect(ws.WebSocketServer.prototype.handleUpgrade.length).toBe(4);
	undo();
	expect(ws.WebSocketServer.prototype.handleUpgrade).toBe(handleUpgrade);
	expect(() => instrumentWs(ws.WebSocketServer)()).not.toThrow();
});

test('a client is seen when it is constructed, before anything happens on it', () => {
	install();
	const client = new WebSocket(url);
	expect(clientRecord().states).toEqual(['CONNECTING']);
	client.on('error', () => {});
	client.terminate();
});

test('a URL the constructor refuses leaves no record and throws as before', () => {
	install();
	expect(() => new WebSocket('not a url')).toThrow(SyntaxError);
	expect(recording.sockets).toEqual([]);
});

test('a connection that is refused ends as FAILED with the error that ws gave', async () => {
	install();
	const client = new WebSocket('ws://127.0.0.1:1/');
	const failure = vi.fn();
	client.on('error', failure);
	await ended(client);
	expect(failure).toHaveBeenCalledWith(expect.objectContaining({ code: 'ECONNREFUSED' }));
	expect(recording.sockets[0]).toMatchObject({
		states: ['CONNECTING', 'FAILED'],
		errors: [{ kind: 'connection', code: 'ECONNREFUSED' }],
		close: { code: 1006, wasClean: false, initiatedBy: 'network', state: 'FAILED' },
	});
});

test('a server that answers 401 ends as FAILED', async () => {
	install();
	const refusing = createServer().on('upgrade', (_request, socket) => socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n'));
	refusing.listen(0, '127.0.0.1');
	await once(refusing, 'listening');
	const client = new WebSocket(`ws://127.0.0.1:${(refusing.address() as AddressInfo).port}/`);
	client.on('error', () => {});
	await ended(client);
	expect(recording.sockets[0]).toMatchObject({ close: { code: 1006, state: 'FAILED' }, errors: [{ message: 'Unexpected server response: 401' }] });
	refusing.close();
});

test('closing while connecting is a local end', async () => {
	install();
	const client = new WebSocket(url);
	client.on('error', () => {});
	client.close();
	await ended(client);
	expect(clientRecord()).toMatchObject({ states: ['CONNECTING', 'CLOSING', 'FAILED'], close: { initiatedBy: 'local', code: 1006 } });
});

test('a peer that vanishes is an end by the network', async () => {
	install();
	const { client, peer } = await connectPair();
	peer.terminate();
	await once(client, 'close');
	expect(clientRecord().close).toMatchObject({ code: 1006, initiatedBy: 'network', state: 'FAILED' });
	expect(serverRecord().close).toMatchObject({ initiatedBy: 'local' });
});

test('a message sent in fragments is one message', async () => {
	install();
	const { client, peer } = await connectPair();
	client.send('one ', { fin: false });
	client.send('two', { fin: true });
	await once(peer, 'message');
	expect(clientRecord()).toMatchObject({ sent: 1, bytesSent: 7 });
	expect(serverRecord()).toMatchObject({ received: 1, bytesReceived: 7 });
});

test('what was not sent is not counted: before open, after close, of a wrong type', async () => {
	install();
	const early = new WebSocket(url);
	expect(() => early.send('too early')).toThrow(/CONNECTING/);
	await once(early, 'open');
	expect(() => early.send({} as never)).toThrow(TypeError);
	early.close();
	early.send('too late');
	await once(early, 'close');
	expect(clientRecord()).toMatchObject({ sent: 0, bytesSent: 0 });
});

test('a socket older than the patch is seen from its first sign of life on', async () => {
	const { client, peer } = await connectPair();
	install();
	expect(recording.sockets).toEqual([]);
	peer.send('hello');
	await once(client, 'message');
	expect(clientRecord()).toMatchObject({ states: ['CONNECTING', 'ACTIVE'], received: 1, bytesReceived: 5 });
});

test('an excluded URL leaves no record, and the question is asked once', async () => {
	const observes = vi.fn(() => false);
	install({ observes });
	const { client, peer } = await connectPair();
	client.send('x');
	await once(peer, 'message');
	expect(recording.sockets).toEqual([]);
	expect(observes).toHaveBeenCalledTimes(2);
});

test('without a filter of its own it follows that of the global patch', async () => {
	undos.push(patchWebSocket({ observes: (remote) => remote !== url }));
	install();
	await connectPair();
	expect(recording.sockets.map(({ remote }) => remote)).not.toContain(url);
});

test('a claimed socket is left to its connection', async () => {
	install();
	const { client, peer } = await connectPair();
	const entry = hub.sockets.get(client);
	expect(entry?.id).toBe(clientRecord().id);
	if (entry) entry.claimedBy = 'c-other';
	client.send('x');
	await once(peer, 'message');
	client.close();
	await once(client, 'close');
	expect(clientRecord()).toMatchObject({ sent: 0, close: null });
});

test('a socket claimed before it was ever seen gets no record', async () => {
	const { client, peer } = await connectPair();
	hub.sockets.set(client, { id: 'c-other', claimedBy: 'c-other' });
	hub.sockets.set(peer, { id: 'c-peer', claimedBy: 'c-peer' });
	install();
	client.send('x');
	await once(peer, 'message');
	expect(recording.sockets).toEqual([]);
});

test('payloads are lent only while a tap asks, text as text', async () => {
	install();
	const { client, peer } = await connectPair();
	const lent: unknown[] = [];
	hub.tap = (_id, direction, payload) => void lent.push([direction, payload]);
	undos.push(() => {
		hub.tap = null;
	});
	client.send('text');
	await once(peer, 'message');
	hub.tap = null;
	client.send('unseen');
	await once(peer, 'message');
	expect(lent).toEqual([
		['sent', 'text'],
		['received', 'text'],
	]);
});

test('a probe or a tap that throws changes nothing for the application', async () => {
	const quiet = vi.spyOn(console, 'error').mockImplementation(() => {});
	undos.push(() => quiet.mockRestore());
	install();
	const { client, peer } = await connectPair();
	hub.subscribe(() => {
		throw new Error('observer');
	});
	hub.tap = () => {
		throw new Error('tap');
	};
	undos.push(() => {
		hub.tap = null;
	});
	client.send('x');
	const [data] = await once(peer, 'message');
	expect(String(data)).toBe('x');
	expect(clientRecord().sent).toBe(1);
});

test("listener counts stay what they were, and an unheard 'error' still throws the same error", () => {
	install();
	const client = new WebSocket(url);
	expect(client.eventNames()).toEqual([]);
	const failure = new Error('unheard');
	expect(() => client.emit('error', failure)).toThrow(failure);
	client.on('error', () => {});
	expect(client.listenerCount('error')).toBe(1);
	client.terminate();
});

test.each<[string, unknown, number]>([
	['a String object', new String('grüße'), 7],
	['an object like an array', { length: 4, 0: 1 }, 4],
	['an array', [1, 2, 3], 3],
	['the JSON of a Buffer', Buffer.from('ab').toJSON(), 2],
])('counts the bytes that ws makes of %s', async (_what, data, bytes) => {
	install();
	const { client, peer } = await connectPair();
	client.send(data as never);
	const [received] = await once(peer, 'message');
	expect([received.length, clientRecord().bytesSent]).toEqual([bytes, bytes]);
});

test('methods keep name, length and the properties of a socket keep their order', () => {
	const names = ['send', 'close', 'ping', 'terminate', 'emit'] as const;
	const shapeOf = () => names.map((name) => [WebSocket.prototype[name].name, WebSocket.prototype[name].length]);
	const shape = shapeOf();
	const plain = new WebSocket(url);
	plain.on('error', () => {});
	const keys = Object.keys(plain);
	plain.terminate();
	install();
	const patched = new WebSocket(url);
	patched.on('error', () => {});
	expect(Object.keys(patched)).toEqual(keys);
	expect(shapeOf()).toEqual(shape);
	patched.terminate();
});

test('two installs count once; the patch goes when the last of them leaves', async () => {
	const original = { emit: EventEmitter.prototype.emit, send: WebSocket.prototype.send };
	const first = install();
	const second = instrumentWs(ws);
	const { client, peer } = await connectPair();
	client.send('x');
	await once(peer, 'message');
	expect(clientRecord().sent).toBe(1);
	first();
	first();
	client.send('x');
	await once(peer, 'message');
	expect(clientRecord().sent).toBe(2);
	second();
	expect(WebSocket.prototype.send).toBe(original.send);
	expect(WebSocket.prototype.emit).toBe(original.emit);
	expect(Object.hasOwn(WebSocket.prototype, 'emit')).toBe(false);
	client.send('x');
	await once(peer, 'message');
	expect(clientRecord().sent).toBe(2);
});

test('what is neither ws nor its class is left alone', () => {
	for (const other of [undefined, null, 1, {}, class {}, EventEmitter]) expect(() => instrumentWs(other)()).not.toThrow();
});
