import { Connection, type Payload, type Plugin } from '@linkscope/core';
import { createIdentity, defaultPrimitives } from '@linkscope/crypto';
import { dialWebSocket } from '@linkscope/transports/websocket';
import { describe, expect, inject, test, vi } from 'vitest';
import { AuthenticationPlugin } from './authentication.js';
import { EncryptionPlugin } from './encryption.js';

const { url, fingerprint } = inject('secureServer');
const primitives = defaultPrimitives();
const authentication = () => new AuthenticationPlugin({ identity: createIdentity(primitives), peer: fingerprint });

describe('in a page', () => {
	test('the backend is the one without Node', () => {
		expect(primitives.name).toBe('noble');
	});

	test.each<[string, () => Plugin[]]>([
		['/node/encrypted', () => [authentication(), new EncryptionPlugin()]],
		['/noble/encrypted', () => [authentication(), new EncryptionPlugin({ suites: ['aes-256-gcm'] })]],
		['/default/encrypted', () => [authentication(), new EncryptionPlugin({ suites: ['xsalsa20-poly1305'] })]],
		['/default/authenticated', () => [authentication()]],
		['/node/unverified', () => [new EncryptionPlugin()]],
	])('%s of a Node server sends back what a page sends, text as text', async (path, plugins) => {
		const connection = new Connection(dialWebSocket(url + path), { plugins: plugins() });
		const received: Payload[] = [];
		connection.onMessage.on((message) => received.push(message));
		await connection.open();
		const messages = ['', 'grüße 🙂', new Uint8Array(), new Uint8Array([0, 255]), 'x'.repeat(100_000), ...Array.from({ length: 200 }, (_, i) => `${i}`)];
		for (const message of messages) connection.send(typeof message === 'string' ? message : message.slice());
		await vi.waitFor(() => expect(received.length).toBe(messages.length), 20_000);
		expect(received).toEqual(messages);
		await connection.close();
		expect(connection.closeInfo).toMatchObject({ code: 1000, wasClean: true });
	});

	test('another peer than the pinned one is refused', async () => {
		const plugins = [new AuthenticationPlugin({ identity: createIdentity(primitives), peer: createIdentity(primitives).publicKey })];
		await expect(new Connection(dialWebSocket(`${url}/node/authenticated`), { plugins }).open()).rejects.toMatchObject({ code: 'PEER_MISMATCH' });
	});
});
