// A file over a connection that breaks: the second try brings only the rest.
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createIdentity, listen, onFile, SyncPlugin, sendFile } from 'linkscope';

const folder = await mkdtemp(join(tmpdir(), 'linkscope-'));
const film = join(folder, 'film.bin');
await writeFile(film, randomBytes(20_000_000));

const received = [];
const server = await listen({
	identity: createIdentity(),
	plugins: () => [new SyncPlugin()],
	onConnection: (connection) => {
		onFile(connection, async (file) => {
			let hadBytes = null;
			const onProgress = ({ bytes }) => {
				hadBytes ??= bytes;
			};
			// Without accept() it is refused.
			const { path, size } = await file.accept({ folder: join(folder, 'inbox'), onProgress });
			received.push({ path, size, hadBytes });
		});
	},
});
const dial = () => connect(server.url, { identity: createIdentity(), plugins: [new SyncPlugin()] });

const first = await dial();
const cutInTheMiddle = ({ bytes, totalBytes }) => bytes > totalBytes / 2 && first.terminate();
console.log('First try:', await sendFile(first, film, { onProgress: cutInTheMiddle }).catch((error) => error.code));

const second = await dial();
const { size } = await sendFile(second, film);
console.log('Second try:', size, 'bytes');
const [{ path, hadBytes }] = received;
console.log('Some of it was there:', hadBytes > 0 && hadBytes < size);
console.log('In the inbox:', await readdir(join(folder, 'inbox')));
console.log('The same:', (await readFile(path)).equals(await readFile(film)));

await second.close();
await server.close();
await rm(folder, { recursive: true });
