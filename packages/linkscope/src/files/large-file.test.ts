import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { connect, createIdentity, listen, onFile, SyncPlugin, sendFile } from '../index.js';

const MIB = 2 ** 20;
const SIZE = 300 * MIB;

/** Mostly holes, so that it costs little to make, and no two parts are equal. */
async function makeLargeFile(path: string): Promise<void> {
	const file = await open(path, 'w');
	await file.truncate(SIZE);
	for (let at = 0; at < SIZE; at += 256 * 1024) await file.write(`part ${at}`, at);
	await file.close();
}

it('sends 300 MiB over an encrypted WebSocket and holds little of it', { timeout: 120_000 }, async () => {
	const folder = await mkdtemp(join(tmpdir(), 'linkscope-large-'));
	onTestFinished(() => rm(folder, { recursive: true }));
	await makeLargeFile(join(folder, 'large'));
	let mostBytes = 0;
	const listener = await listen({
		identity: createIdentity(),
		plugins: () => [new SyncPlugin()],
		onConnection: (connection) => {
			onFile(connection, async (file) => {
				await file.accept({
					path: join(folder, 'copy'),
					onProgress: () => {
						const { arrayBuffers, heapUsed } = process.memoryUsage();
						mostBytes = Math.max(mostBytes, arrayBuffers + heapUsed);
					},
				});
			});
		},
	});
	const connection = await connect(listener.url, { identity: createIdentity(), plugins: [new SyncPlugin()] });
	const before = process.memoryUsage();
	await sendFile(connection, join(folder, 'large'));
	expect((await stat(join(folder, 'copy'))).size).toBe(SIZE);
	// Both ends in one process, and what the collector has not seen yet: far from the file's size all the same.
	expect(mostBytes - before.arrayBuffers - before.heapUsed).toBeLessThan(150 * MIB);
	await connection.close();
	await listener.close();
});
