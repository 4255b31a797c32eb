import { Connection, type Payload, type Plugin } from '@linkscope/core';
import { createIdentity, nodePrimitives, type Primitives } from '@linkscope/crypto';
import { noblePrimitives } from '@linkscope/crypto/noble';
import { dialWebSocket } from '@linkscope/transports/websocket';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { AuthenticationPlugin } from './authentication.js';
import { EncryptionPlugin } from './encryption.js';
import { startSecureServer } from './fixtures/secure-server.js';

let server: Awaited<ReturnType<typeof startSecureServer>>;

beforeAll(async () => {
	server = await startSecureServer();
});
afterAll(() => server.stop());

async function dialled(path: string, plugins: Plugin[]) {
	const connection = new Connection(dialWebSocket(`${server.url}${path}`, { maxMessageBytes: 2 * 1024 * 1024 }), { plugins });
	const received: Payload[] = [];
	connection.onMessage.on((message) => received.push(message));
	await connection.open();
	return { connection, received };
}

const authentication = (primitives: Primitives) =>
	new AuthenticationPlugin({ identity: createIdentity(primitives), peer: server.fingerprint, primitives, maxMessageBytes: 1024 * 1024 });
const backends = { node: nodePrimitives, noble: noblePrimitives };

describe.each(Object.entries(backends))('over a WebSocket, %s', (_, primitives) => {
	test.each<[string, () => Plugin[]]>([
		['/node/encrypted', () => [authentication(primitives), new EncryptionPlugin({ primitives })]],
		['/noble/encrypted', () => [authentication(primitives), new EncryptionPlugin({ primitives })]],
		['/default/encrypted', () => [authentication(primitives), new EncryptionPlugin({ primitives, suites: ['chacha20-poly1305'] })]],
		['/noble/authenticated', () => [authentication(primitives)]],
		['/default/unverified', () => [new EncryptionPlugin({ primitives })]],
	])('%s: many messages come back as they were, small and large', async (path, plugins) => {
		const { connection, received } = await dialled(path, plugins());
		const messages = Array.from({ length: 300 }, (_unused, i) => (i % 2 ? `${i} grüße`.repeat(i % 17) : new Uint8Array(i % 100 === 0 ? 70_000 : i).fill(i)));
		for (const message of messages) connection.send(typeof message === 'string' ? message : message.slice());
		connection.send(new Uint8Array(1024 * 1024 - 1024).fill(9));
		await vi.waitFor(() => expect(received.length).toBe(301), 20_000);
		expect(received.slice(0, 300).map(plain)).toEqual(messages);
		await connection.close();
		expect(connection.closeInfo).toMatchObject({ code: 1000, wasClean: true, initiatedBy: 'local' });
	});
});

test('another peer than the pinned one is told apart over a real wire', async () => {
	const plugins = [new AuthenticationPlugin({ identity: createIdentity(nodePrimitives), peer: createIdentity(nodePrimitives).publicKey })];
	await expect(dialled('/default/authenticated', plugins)).rejects.toMatchObject({ code: 'PEER_MISMATCH' });
});

test('a server that is cut off is told as lost, one that is closed without a goodbye as truncated', async () => {
	const { connection } = await dialled('/default/encrypted', [authentication(nodePrimitives), new EncryptionPlugin()]);
	const other = await startSecureServer();
	const lone = new Connection(dialWebSocket(`${other.url}/default/unverified`), { plugins: [new EncryptionPlugin()] });
	await lone.open();
	// The listener closes its sockets itself, past the connection's plugins.
	await other.stop();
	await vi.waitFor(() => expect(lone.closeInfo?.error).toMatchObject({ code: 'STREAM_TRUNCATED' }), 25_000);
	expect(lone.closeInfo).toMatchObject({ code: 1001, initiatedBy: 'remote', wasClean: false });
	await connection.close();
});

function plain(message: Payload): Payload {
	return typeof message === 'string' ? message : Uint8Array.from(message);
}
