import { io } from 'socket.io-client';

/** Polls first and upgrades to a WebSocket, as socket.io does; then text and bytes with acknowledgements. */
export async function useSocketIo(port: number): Promise<void> {
	const socket = io(`http://127.0.0.1:${port}`, { forceNew: true });
	const upgraded = new Promise((resolve) => socket.io.once('open', () => socket.io.engine.once('upgrade', resolve)));
	await Promise.all([new Promise((resolve) => socket.once('welcome', resolve)), upgraded]);
	for (const text of ['hello', 'grüße 🌍', 'x'.repeat(2000)]) {
		const length = await new Promise((resolve) => socket.emit('measure', text, new Uint8Array([1, 2, 3]), resolve));
		if (length !== text.length) throw new Error(`socket.io answered ${length}`);
	}
	socket.disconnect();
}
