import { expect, inject, it } from 'vitest';
import { Connection, connect, getConnectionInstrumentationStats, installInstrumentation } from './index.browser.js';

// In chromium, against a real server: see e2e/browser-servers.ts.
const url = inject('echoUrl');

it('takes a raw WebSocket of the browser, opens by itself, and is one record under the patch', async () => {
	const uninstall = installInstrumentation();
	const before = getConnectionInstrumentationStats().totalConnections;
	const connection = new Connection(new WebSocket(url));
	connection.send('early');
	connection.send(new Uint8Array([1, 2, 3]));
	const messages = connection.messages();
	expect((await messages.next()).value).toBe('early');
	expect((await messages.next()).value).toEqual(new Uint8Array([1, 2, 3]));
	await connection.close();

	const stats = getConnectionInstrumentationStats();
	expect(stats.totalConnections - before).toBe(1);
	expect(stats.connections.find(({ id }) => id === connection.id)).toMatchObject({ state: 'CLOSED', messagesSent: 2, messagesReceived: 2, bytesSent: 8 });
	uninstall();
});

it('dials, and refuses what browsers let no script set', async () => {
	const connection = await connect(url);
	expect(connection.plugins).toEqual(['websocket', 'statistics', 'network']);
	await connection.close();
	await expect(connect(url, { headers: { 'X-Token': 'secret' } })).rejects.toThrow(/headers: browsers let no script set it/);
});
