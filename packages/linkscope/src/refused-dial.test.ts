import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import ws, { WebSocket } from 'ws';
import { connect, getConnectionInstrumentationStats, installInstrumentation, instrumentWs, resetInstrumentation } from './index.js';

it.each([
	[401, 'auth-refused'],
	[403, 'auth-refused'],
	[404, 'refused'],
	[429, 'rate-limited'],
])('a dial that is answered HTTP %d is told as %s, with code 1006, because nobody sent one', async (status, word) => {
	const undo = [installInstrumentation(), instrumentWs(ws)];
	resetInstrumentation();
	const server = createServer().on('upgrade', (_request, socket) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`));
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
	await expect(connect(url)).rejects.toMatchObject({ code: 'UPGRADE_REFUSED' });
	const raw = new WebSocket(url);
	raw.on('error', () => {});
	await new Promise((resolve) => raw.on('close', resolve));
	const { connections } = getConnectionInstrumentationStats();
	const close = { code: 1006, verdict: { word, evidence: `HTTP ${status}` } };
	expect(connections).toMatchObject([
		{ role: 'initiator', close },
		{ role: 'observed', close },
	]);
	server.close();
	for (const step of undo.reverse()) step();
});
