import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { WebSocketServer } from 'ws';
import { startScriptedServer } from '../packages/instrumentation/src/patch/fixtures/scripted-server.js';
import { startSecureServer } from '../packages/plugins/src/secure/fixtures/secure-server.js';
import { createRelayServer } from '../packages/relay-server/src/relay-server.js';
import { startForeignServers } from './foreign/servers/index.js';

declare module 'vitest' {
	export interface ProvidedContext {
		/** ws://… of a plain echo server. */
		echoUrl: string;
		/** ws://… of the server that text commands: see scripted-server.ts. */
		scriptedUrl: string;
		/** Foreign application to the port of its own server. */
		foreignPorts: Record<string, number>;
		/** http://…/<application> answers what the wire of its server carried. */
		wireCountsUrl: string;
		/** A secured echo server: see secure-server.ts. */
		secureServer: { url: string; fingerprint: string };
		/** ws://… of a relay. */
		relayUrl: string;
	}
}

/** Starts the servers that browser tests talk to, on free loopback ports, and hands over their URLs. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	const echo = new WebSocketServer({ host: '127.0.0.1', port: 0 });
	echo.on('connection', (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })));
	const [scripted, foreign, secure] = await Promise.all([startScriptedServer(), startForeignServers(), startSecureServer()]);
	const relay = createRelayServer({ port: 0 });
	project.provide('relayUrl', (await relay.listen()).url);
	const counts = createServer((request, response) => {
		response.setHeader('access-control-allow-origin', '*');
		response.end(JSON.stringify(foreign.counts((request.url ?? '').slice(1))));
	});
	counts.listen(0, '127.0.0.1');
	await new Promise((resolve) => counts.once('listening', resolve));

	project.provide('echoUrl', `ws://127.0.0.1:${(echo.address() as AddressInfo).port}`);
	project.provide('scriptedUrl', scripted.url);
	project.provide('foreignPorts', foreign.ports);
	project.provide('wireCountsUrl', `http://127.0.0.1:${(counts.address() as AddressInfo).port}/`);

	project.provide('secureServer', { url: secure.url, fingerprint: secure.fingerprint });

	return async () => {
		for (const socket of echo.clients) socket.terminate();
		echo.close();
		counts.close();
		counts.closeAllConnections();
		foreign.stop();
		await relay.close();
		await secure.stop();
		await scripted.stop();
	};
}
