import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { type AcceptOptions, onFile, type Peer, SyncPlugin, sendFile } from '../index.js';
import { listen } from '../listen.js';
import { createIdentity } from '../security/identity.js';
import { connectPeer } from './connect-peer.js';
import { acceptPeers } from './peers.js';

let folder: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'linkscope-peer-files-'));
	onTestFinished(() => rm(folder, { recursive: true }));
});

const film = new Blob([randomBytes(20_000_000)]);
const plugins = () => [new SyncPlugin()];

/** A peer that takes every file, and one that has dialled it. */
async function meet(onPeer: (peer: Peer) => void = (peer) => void onFile(peer, async (file) => void (await file.accept({ folder })))) {
	const far = acceptPeers({ plugins, onPeer });
	const identity = createIdentity();
	const { url, close } = await listen({ identity, ...far.accepting });
	const near = await connectPeer({ identity: createIdentity(), peer: identity.publicKey, routes: [{ url }], plugins, backoff: { next: () => 1 } });
	onTestFinished(async () => {
		await near.close();
		await far.close();
		await close();
	});
	return { near, far };
}

async function expectFilm(): Promise<void> {
	expect(await readdir(folder)).toEqual(['film']);
	expect((await readFile(join(folder, 'film'))).equals(Buffer.from(await film.arrayBuffer()))).toBe(true);
}

it('sends a file to a peer, and the other way', async () => {
	const { near, far } = await meet();
	expect(await sendFile(near, film, { name: 'film' })).toMatchObject({ size: 20_000_000 });
	await expectFilm();
	const back = new Promise<string>((resolve) => onFile(near, async (file) => resolve((await file.accept()).name)));
	await sendFile(far.all[0] as Peer, new Blob(['x']), { name: 'back' });
	expect(await back).toBe('back');
});

it('goes on over the next connection where one breaks off or its route is stopped', async () => {
	const firstBytes: number[] = [];
	const { near } = await meet((peer) => {
		onFile(peer, async (file) => {
			let isFirst = true;
			const onProgress: AcceptOptions['onProgress'] = ({ bytes }) => {
				if (isFirst) firstBytes.push(bytes);
				isFirst = false;
			};
			await file.accept({ folder, onProgress });
		});
	});
	const [route] = near.routes;
	const breaks = [
		async () => (await near.connection()).terminate(),
		async () => {
			await near.stopRoute(route?.name as string);
			near.startRoute(route?.name as string);
		},
	];
	let next = 0;
	const onProgress = ({ bytes }: { bytes: number }) => {
		if (bytes > 6_000_000 * (next + 1)) void breaks[next++]?.();
	};
	await sendFile(near, film, { name: 'film', onProgress });
	await expectFilm();
	expect(firstBytes).toHaveLength(3);
	expect(firstBytes[2]).toBeGreaterThan(firstBytes[1] as number);
	expect(firstBytes[1]).toBeGreaterThan(0);
});

it('waits for a peer that is away, until its signal aborts or the peer is closed', async () => {
	const { near } = await meet();
	await near.stopRoute(near.routes[0]?.name as string);
	const abort = new AbortController();
	const aborted = sendFile(near, film, { signal: abort.signal });
	setImmediate(() => abort.abort());
	await expect(aborted).rejects.toMatchObject({ code: 'SYNC_ABORTED' });
	const closed = sendFile(near, film);
	await near.close();
	await expect(closed).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
});

it('stops taking files when told to, and needs a SyncPlugin', async () => {
	let stop = (): void => {};
	const { near } = await meet((peer) => {
		stop = onFile(peer, async (file) => void (await file.accept({ folder })));
	});
	stop();
	await expect(sendFile(near, new Blob(['x']))).rejects.toMatchObject({ code: 'FILE_REFUSED' });
	const far = acceptPeers();
	const identity = createIdentity();
	const { url, close } = await listen({ identity, ...far.accepting });
	const bare = await connectPeer({ identity: createIdentity(), peer: identity.publicKey, routes: [{ url }] });
	await expect(sendFile(bare, film)).rejects.toMatchObject({ code: 'PLUGIN_NOT_FOUND', message: expect.stringContaining('acceptPeers(') });
	expect(() => onFile(bare, () => {})).toThrow(expect.objectContaining({ code: 'PLUGIN_NOT_FOUND' }));
	await bare.close();
	await far.close();
	await close();
});
