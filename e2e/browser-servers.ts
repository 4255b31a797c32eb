import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { WebSocketServer } from 'ws';
import { startScriptedServer } from '../packages/instrumentation/src/patch/fixtures/scripted-server.js';

declare module 'vitest' {
	export interface ProvidedContext {
		/** ws://… of a plain echo server. */
		echoUrl: string;
		/** ws://… of the server that text commands: see scripted-server.ts. */
		scriptedUrl: string;
	}
}

/** Starts the servers that browser tests talk to, on free loopback ports, and hands over their URLs. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	const echo = new WebSocketServer({ host: '127.0.0.1', port: 0 });
	echo.on('connection', (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })));
	await new Promise((resolve) => echo.once('listening', resolve));
	project.provide('echoUrl', `ws://127.0.0.1:${(echo.address() as AddressInfo).port}`);
	const scripted = await startScriptedServer();
	project.provide('scriptedUrl', scripted.url);
	return async () => {
		await scripted.stop();
		for (const socket of echo.clients) socket.terminate();
		await new Promise((resolve) => echo.close(resolve));
	};
}
