import { once } from 'node:events';
import { systemClock } from '@linkscope/core';
import { WebSocket } from 'ws';
import { type Connection, connect, type PingPongPlugin, type TypedMessagesPlugin } from '../index.js';
import type { DemoServer } from './demo-server.js';
import { linkPlugins } from './demo-server.js';

// Between scenes, for people to follow.
const PACE_MS = 150;

/** Sends and waits for the answer, as an application without linkscope would. */
async function ask(socket: WebSocket, message: object): Promise<void> {
	socket.send(JSON.stringify(message));
	await once(socket, 'message');
}

function pause(): Promise<void> {
	return new Promise((resolve) => systemClock.after(PACE_MS, resolve, { keepAlive: true }));
}

async function dial(url: string): Promise<WebSocket> {
	const socket = new WebSocket(url);
	await once(socket, 'open');
	return socket;
}

async function login(url: string, session: string): Promise<WebSocket> {
	const socket = await dial(url);
	await ask(socket, { type: 'auth', identity: 'demo', timestamp: 0 });
	await ask(socket, { type: 'response', proof: 'demo', session });
	return socket;
}

/** What the demo leaves open for its report. */
export interface DemoTraffic {
	close(): Promise<void>;
}

/**
 * Real and varied traffic in the patterns of seeds/004. All but the last connection belong to an application that
 * knows nothing of linkscope: plain `ws`.
 */
export async function driveTraffic({ wsUrl, linkUrl }: DemoServer): Promise<DemoTraffic> {
	// Control: a login and a heartbeat.
	const control = await login(wsUrl, 'control');
	await ask(control, { type: 'heartbeat' });
	await pause();

	// Discovery: query, answer, close.
	const discovery = await dial(wsUrl);
	await ask(discovery, { type: 'query', what: 'endpoints' });
	discovery.close(1000, 'Close called.');
	await once(discovery, 'close');
	await pause();

	// Data: chunks of about 800 bytes, each acknowledged.
	const data = await login(wsUrl, 'data');
	for (let chunk = 1; chunk <= 30; chunk++) await ask(data, { type: 'chunk', chunk, objects: 'x'.repeat(760 + chunk) });
	await pause();

	// A second login of the same session replaces the first.
	const replaced = await login(wsUrl, 'session');
	const closed = once(replaced, 'close');
	const successor = await login(wsUrl, 'session');
	await closed;
	await pause();

	// Two that go wrong: one is refused, one is cut off.
	await failing(wsUrl.replace(/ws$/, 'nowhere'));
	const cut = await dial(wsUrl);
	cut.on('error', () => {});
	cut.send(JSON.stringify({ type: 'fail' }));
	await once(cut, 'close');
	await pause();

	// And one of ours, with plugins.
	const link = await connect(linkUrl, { plugins: linkPlugins(), label: 'linkscope', tags: { purpose: 'demo' } });
	await talk(link);
	while (link.state === 'ACTIVE' && link.plugin<PingPongPlugin>('ping-pong').rttMs === null) await pause();
	await ask(control, { type: 'heartbeat' });
	await pause();

	return {
		async close() {
			await link.close();
			const ends = [control, data, successor].map((socket) => once(socket, 'close'));
			for (const socket of [control, data, successor]) socket.close(1000, 'Close called.');
			await Promise.all(ends);
		},
	};
}

function failing(url: string): Promise<void> {
	return new Promise((resolve) => {
		const socket = new WebSocket(url);
		socket.on('error', () => {});
		socket.on('close', () => resolve());
	});
}

async function talk(link: Connection): Promise<void> {
	const typed = link.plugin<TypedMessagesPlugin>('typed-messages');
	await typed.request({ type: 'time' });
	const messages = link.messages();
	link.send(`a text that compresses well: ${'linkscope '.repeat(200)}`);
	link.send(new Uint8Array(2048));
	for (let received = 0; received < 2; received++) await messages.next();
	await messages.return?.();
}
