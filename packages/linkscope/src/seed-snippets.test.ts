import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { installInstrumentation } from '@linkscope/instrumentation';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import * as facade from './index.js';

// Every JavaScript snippet of the seed, word for word: run in the scope its document promises, and held to its comments.
const folder = new URL('./seed-snippets/', import.meta.url);
const tested = new Set<string>();
let url: string;
let dialled: WebSocket[] = [];

beforeEach(async () => {
	// Not the facade's: it would count the server's ends as well, which run in this process.
	const uninstall = installInstrumentation();
	facade.resetInstrumentation();
	const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
	server.on('connection', (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })));
	await once(server, 'listening');
	url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
	onTestFinished(async () => {
		// Its end is seen within the test, not counted in the next one.
		for (const socket of dialled) {
			socket.close();
			if (socket.readyState !== WebSocket.CLOSED) await once(socket, 'close');
		}
		dialled = [];
		await new Promise((resolve) => server.close(resolve));
		uninstall();
	});
});
afterEach(() => void vi.useRealTimers());

/** Runs one snippet; @returns each console.log as the text a Node console shows. */
function run(name: string, scope: Record<string, unknown> = {}): string[] {
	tested.add(name);
	const printed: string[] = [];
	const console = { log: (...values: unknown[]) => printed.push(values.map((value) => (typeof value === 'string' ? value : inspect(value))).join(' ')) };
	const names = { ...facade, console, ...scope };
	new Function(...Object.keys(names), readFileSync(new URL(name, folder), 'utf8'))(...Object.values(names));
	return printed;
}

function dial(): WebSocket {
	const socket = new WebSocket(url);
	dialled.push(socket);
	return socket;
}

async function openConnection(): Promise<facade.Connection> {
	const connection = new facade.Connection(dial());
	await connection.open();
	return connection;
}

/** A connection that failed, so that there is an error to show. */
async function failOnce(message?: string, type: 'auth' | 'pairing' = 'auth'): Promise<void> {
	if (message === undefined) {
		await expect(facade.connect('ws://127.0.0.1:1', { plugins: [] })).rejects.toThrow();
		return;
	}
	const [end, other] = facade.createMemoryPair();
	const phase = type === 'auth' ? (['AUTHENTICATING', 'AUTHENTICATED'] as const) : (['PAIRING', 'PAIRED'] as const);
	const handshake = () => Promise.reject(new facade.HandshakeError('REFUSED', message));
	await Promise.allSettled([new facade.Connection(end, { plugins: [{ name: 'refusing', phase, handshake }] }).open(), new facade.Connection(other).open()]);
}

describe('the snippets of the seed', () => {
	it('01 global metrics, active connections and recent errors', async () => {
		await openConnection();
		await failOnce();
		const [global, active, errors] = run('01-global-statistics.js');
		expect(global).toContain('totalConnections: 2');
		expect(active).toContain("state: 'CONNECTED'");
		expect(errors).toContain('ECONNREFUSED');
	});

	it('02 a report that console.log prints as text', async () => {
		await openConnection();
		expect(run('02-human-readable-report.js')[0]).toMatch(/^CONNECTION REPORT[\s\S]*1 active of 1/);
	});

	it('03 counts of connections and errors, and the throughput', async () => {
		await openConnection();
		await failOnce();
		expect(run('03-connection-inspector.js')).toEqual(['Active connections: 1', 'Total errors: 1', expect.stringMatching(/^Throughput: [\d.]+ Mbps$/)]);
	});

	it('04 a comprehensive report', async () => {
		await openConnection();
		expect(run('04-performance-analysis.js')[0]).toMatch(/Connections +1 active[\s\S]*STAGE/);
	});

	it('05 what an invite changed, five seconds after', async () => {
		vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
		const printed = run('05-invite-processing.js', { setTimeout });
		const connection = await openConnection();
		connection.send('invite');
		await connection.messages().next();
		vi.advanceTimersByTime(5000);
		const endpoint = facade.getConnectionInstrumentationStats().connections[0]?.url;
		expect(printed).toEqual([
			'New connections: 1',
			`New connection endpoints: [ '${endpoint}' ]`,
			expect.stringMatching(new RegExp(`^Connection ${connection.id}: \\{ messages: 2, bytes: 12, state: 'CONNECTED', duration: \\d+ \\}$`)),
		]);
	});

	it('06 failures of connections', async () => {
		await failOnce();
		expect(run('06-connection-failures.js')).toEqual([expect.stringMatching(/^Connection error: .*ECONNREFUSED.* at \d{4}-/)]);
	});

	it('07 failures of authentication, and only those', async () => {
		await failOnce();
		await failOnce('the peer is not who it says', 'auth');
		await failOnce('declined', 'pairing');
		const report = facade.getConnectionInstrumentationReport();
		const [printed] = run('07-authentication-failures.js', { report });
		expect(printed).toMatch(/^Authentication errors: \[/);
		expect(printed).toContain('the peer is not who it says');
		expect(printed).not.toContain('declined');
		expect(printed).not.toContain('ECONNREFUSED');
	});

	it('08 failures of pairing, and only those', async () => {
		await failOnce();
		await failOnce('the peer is not who it says', 'auth');
		await failOnce('declined', 'pairing');
		const report = facade.getConnectionInstrumentationReport();
		const [printed] = run('08-pairing-failures.js', { report });
		expect(printed).toContain('declined');
		expect(printed).not.toContain('the peer is not who it says');
		expect(printed).not.toContain('ECONNREFUSED');
	});

	it('09 that an invite was processed', async () => {
		vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
		const printed = run('09-performance-monitoring.js', { setInterval, clearInterval });
		// The snippet compares creation times strictly, in milliseconds.
		const startedAt = Date.now();
		await vi.waitUntil(() => Date.now() > startedAt, 25_000);
		await openConnection();
		vi.advanceTimersByTime(1000);
		expect(printed).toEqual([expect.stringMatching(/^✅ Invite processing completed in \d+ms$/), 'New connections: 1']);
		expect(vi.getTimerCount()).toBe(0);
	});

	it('09 that no invite came within fifteen seconds', () => {
		vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
		const printed = run('09-performance-monitoring.js', { setInterval, clearInterval, Date });
		vi.advanceTimersByTime(17_000);
		expect(printed).toEqual(['⚠️ Invite processing timeout after 15 seconds']);
	});

	it('10 a connection over a raw WebSocket, with its own stats', async () => {
		const webSocket = dial();
		const printed = run('10-basic-connection.js', { webSocket });
		expect(printed[0]).toMatch(/^My connection stats: \{/);
		await vi.waitUntil(() => printed.length === 2, 25_000);
		expect(printed[1]).toBe('Received message: 13 bytes');
	});

	it('11 plugins beside each other, on a connection that then encrypts', async () => {
		const plugins = () => [new facade.EncryptionPlugin(), new facade.CompressionPlugin()];
		const server = await facade.listen({ plugins, onConnection: (connection) => connection.onMessage.on((message) => connection.send(message)) });
		onTestFinished(() => server.close());
		url = server.url;
		const connection = new facade.Connection(dial());
		expect(run('11-plugin-management.js', { connection })).toEqual([`Connection ${connection.id} has 5 plugins`]);
		expect(connection.plugins).toEqual(['websocket', 'statistics', 'network', 'encryption', 'compression']);
		connection.send('sealed');
		expect(await connection.messages().next()).toMatchObject({ value: 'sealed' });
		expect(facade.getConnectionInstrumentationStats().connections.find(({ id }) => id === connection.id)?.peer).toBe('unverified');
	});

	it('12 the recent errors with their severity', async () => {
		await failOnce();
		expect(run('12-error-monitoring.js')).toEqual(['Recent errors:', expect.stringMatching(/^- .*ECONNREFUSED.* \((low|medium|high|critical)\)$/)]);
	});

	it('are all here', () => {
		expect([...tested].sort()).toEqual(readdirSync(folder).sort());
	});
});
