import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@linkscope/core';
import { FakeClock } from '@linkscope/core/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import WebSocket from 'ws';
import type { FramedSocket } from './framed-socket.js';
import { closing, LIMITS, MiB, messages, spliceSockets } from './relay-pair.fixture.js';
import type { RelaySocket } from './relay-socket.js';
import { SocketAcceptor } from './socket-acceptor.js';

// A shared key in the place of a certificate, which a test would have to make first.
const PSK = { ciphers: 'PSK', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
const psk = Buffer.alloc(32, 1);

let server: Server;
let clients: WebSocket[];
beforeEach(async () => {
	clients = [];
	server = createServer({ ...PSK, pskCallback: () => psk } as object);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
	for (const client of clients) client.terminate();
	await new Promise((resolve) => server.close(resolve));
});

async function client(): Promise<{ client: WebSocket; socket: RelaySocket }> {
	const arriving = new Promise<RelaySocket>((resolve) =>
		server.once('upgrade', (request, stream, head) => {
			const socket = new SocketAcceptor(systemClock).accept(request, stream, head, '127.0.0.1');
			if (socket) resolve(socket);
		}),
	);
	const options = { ...PSK, pskCallback: () => ({ psk, identity: 'test' }), checkServerIdentity: () => undefined, perMessageDeflate: false };
	const client = new WebSocket(`wss://127.0.0.1:${(server.address() as AddressInfo).port}`, options as object);
	client.on('error', () => {});
	clients.push(client);
	const [socket] = await Promise.all([arriving, new Promise((resolve) => client.once('open', resolve))]);
	return { client, socket };
}

it('splices sockets within TLS, with the same limits and ends', async () => {
	const { client: dialler, socket } = await client();
	const { client: listener, socket: listenerSocket } = await client();
	const clock = new FakeClock();
	const { closed } = spliceSockets(socket, listenerSocket, { clock });
	const count = 48;
	listener.pause();
	for (let i = 0; i < count; i++) dialler.send(Buffer.alloc(MiB, i));
	const { heldBytesPerDirection } = LIMITS;
	const held = () => (listenerSocket as FramedSocket).heldBytes;
	await vi.waitFor(() => expect(held()).toBeGreaterThanOrEqual(heldBytesPerDirection));
	expect(held()).toBeLessThanOrEqual(heldBytesPerDirection + 64 * 1024);
	const got = messages(listener, count);
	listener.resume();
	expect((await got).every(({ data }, i) => data.equals(Buffer.alloc(MiB, i)))).toBe(true);
	const both = Promise.all([closing(dialler), closing(listener)]);
	listener.close(4000, 'over TLS');
	expect(await both).toEqual([
		{ code: 4000, reason: 'over TLS' },
		{ code: 4000, reason: 'over TLS' },
	]);
	await closed;
	expect(clock.pending).toBe(0);
});

it('tells a splice within TLS of a peer that is lost', async () => {
	const { client: dialler, socket } = await client();
	const { client: listener, socket: listenerSocket } = await client();
	const { ended } = spliceSockets(socket, listenerSocket);
	const gone = closing(listener);
	dialler.terminate();
	expect(await gone).toEqual({ code: 1014, reason: 'peer connection lost' });
	expect(await ended).toMatchObject({ cause: 'lost', by: 'dialler' });
});
