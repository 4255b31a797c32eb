import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { Connection } from '@linkscope/core';
import { build } from 'esbuild';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket as Ws } from 'ws';
import { dialWebSocket, wrapWebSocket } from './websocket.js';
import { createWebSocketListener } from './websocket-server.js';

/** A connection that dialled, and the one that accepted it. */
async function connected(): Promise<[Connection, Connection]> {
	const listener = createWebSocketListener();
	onTestFinished(() => listener.close());
	const accepted = new Promise<Connection>((resolve) =>
		listener.onTransport.once(({ transport }) => {
			const connection = new Connection(transport, { initiator: false });
			void connection.open().then(() => resolve(connection));
		}),
	);
	const { url } = await listener.listen();
	const dialled = new Connection(dialWebSocket(url));
	await dialled.open();
	return [dialled, await accepted];
}

const CHUNK_BYTES = 64 * 1024;
const CHUNKS = 800;

const pattern = Uint8Array.from({ length: CHUNK_BYTES }, (_, at) => at * 7 + (at >> 8));

/** Chunk i of a stream in which no two chunks are the same. */
function chunkAt(i: number): Uint8Array {
	const chunk = pattern.slice();
	new DataView(chunk.buffer).setUint32(0, i);
	return chunk;
}

describe('a connection over WebSocket', () => {
	test.each(['towards the acceptor', 'towards the initiator'])(
		'moves 50 MiB with backpressure %s, every byte right',
		async (direction) => {
			const [dialled, accepted] = await connected();
			const [from, to] = direction === 'towards the acceptor' ? [dialled, accepted] : [accepted, dialled];
			const expected = createHash('sha256');
			const receiving = (async () => {
				const got = createHash('sha256');
				let bytes = 0;
				for await (const message of to.messages()) {
					got.update(message as Uint8Array);
					bytes += (message as Uint8Array).byteLength;
					if (bytes === CHUNKS * CHUNK_BYTES) return got.digest('hex');
				}
				return `ended after ${bytes} bytes`;
			})();
			let waits = 0;
			for (let i = 0; i < CHUNKS; i++) {
				const chunk = chunkAt(i);
				expected.update(chunk);
				if (!from.send(chunk)) {
					waits++;
					await from.drained();
				}
			}
			expect(await receiving).toBe(expected.digest('hex'));
			expect(waits).toBeGreaterThan(0);
			await from.close();
		},
		60_000,
	);

	test('a reader that stops holds the sender back, and loses nothing when it goes on', async () => {
		const [dialled, accepted] = await connected();
		const count = 400;
		let sent = 0;
		const sending = (async () => {
			for (; sent < count; sent++) if (!dialled.send(chunkAt(sent))) await dialled.drained();
		})();
		const reader = accepted.messages();
		await reader.next();
		let held = -1;
		// It is held back when a hundred turns of the event loop let nothing more through.
		while (held !== sent) {
			held = sent;
			for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve));
		}
		expect(sent).toBeLessThan(count);
		for (let i = 1; i < count; i++) expect(Buffer.compare((await reader.next()).value as Uint8Array, chunkAt(i))).toBe(0);
		await sending;
		await dialled.close();
	}, 60_000);

	test('a socket that was open before it was wrapped loses no message', async () => {
		const listener = createWebSocketListener();
		onTestFinished(() => listener.close());
		listener.onTransport.on(({ transport }) => {
			const connection = new Connection(transport, { initiator: false });
			void connection.open();
			connection.send('greeting');
		});
		const { url } = await listener.listen();
		const socket = new Ws(url);
		const connection = await new Promise<Connection>((resolve) => socket.once('open', () => resolve(new Connection(wrapWebSocket(socket)))));
		for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
		const first = new Promise((resolve) => connection.onMessage.once(resolve));
		await connection.open();
		expect(await first).toBe('greeting');
		await connection.close();
	});

	test('a connection claims the socket it runs on', async () => {
		const { hub } = await import('@linkscope/core');
		const listener = createWebSocketListener();
		onTestFinished(() => listener.close());
		listener.onTransport.on(({ transport }) => void new Connection(transport, { initiator: false }).open());
		const socket = new Ws((await listener.listen()).url);
		const connection = new Connection(wrapWebSocket(socket));
		await connection.open();
		expect(hub.sockets.get(socket)).toMatchObject({ claimedBy: connection.id });
		await connection.close();
	});
});

test('a process ends within a second once its connections and its listener are closed', async () => {
	const { outputFiles } = await build({
		stdin: {
			resolveDir: import.meta.dirname,
			contents: `
				import { Connection } from '@linkscope/core';
				import { dialWebSocket } from './websocket.ts';
				import { createWebSocketListener } from './websocket-server.ts';
				const listener = createWebSocketListener();
				listener.onTransport.on(({ transport }) => new Connection(transport, { initiator: false }).open());
				const { url } = await listener.listen();
				const client = new Connection(dialWebSocket(url));
				await client.open();
				client.send('x');
				await client.close();
				await listener.close();
				const closedAt = performance.now();
				process.on('exit', () => console.log(Math.round(performance.now() - closedAt)));
			`,
		},
		bundle: true,
		write: false,
		format: 'esm',
		platform: 'node',
		conditions: ['@linkscope/source'],
		external: ['ws', 'isomorphic-ws'],
	});
	const script = outputFiles[0]?.text as string;
	const lingeredMs = await new Promise<number>((resolve, reject) => {
		const options = { cwd: import.meta.dirname, timeout: 20_000 };
		execFile(process.execPath, ['--input-type=module', '-e', script], options, (error, stdout) => (error ? reject(error) : resolve(Number(stdout))));
	});
	expect(lingeredMs).toBeLessThan(1000);
});
