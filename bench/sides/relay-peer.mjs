// One end of a splice: it echoes, measures echoes, pushes as fast as it is let, or takes what comes in bursts.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveCommands } from '../harness/serve-commands.mjs';
import { EchoLoop } from '../loops/echo-loop.mjs';
import { NativeParty } from '../loops/relay-party.mjs';

const FRAME_BYTES = 64 * 1024;
const FRAMES_UNDER_WAY = 16;
const frame = Buffer.alloc(FRAME_BYTES, 'x');
const BURST_BYTES = 16 * 2 ** 20;
const PAUSE_MS = 20;

let socket;
let echo;
let pushing;

serveCommands({
	/** Waits at the relay. @returns its key. */
	async listen(url) {
		const party = new NativeParty();
		const line = await party.listen(url);
		NativeParty.called(line).then(() => {
			socket = line.release();
			socket.send('ready');
		});
		return party.key;
	},
	async call({ url, target }) {
		const line = await new NativeParty().call(url, target);
		await line.next();
		socket = line.release();
	},
	/** The port of its end of the connection. */
	port: () => socket._socket.localPort,

	reflect() {
		socket.on('message', (data) => socket.send(data));
	},
	roundTrip(options) {
		if (echo === undefined) {
			echo = new EchoLoop((payload) => socket.send(payload));
			socket.on('message', (data) => echo.receive(data));
		}
		return echo.roundTrip(options);
	},

	/** Begins, and does not wait for the end. */
	push({ bytes }) {
		const frames = Array.from({ length: Math.ceil(bytes / FRAME_BYTES / FRAMES_UNDER_WAY) });
		pushing = Promise.all(
			Array.from({ length: FRAMES_UNDER_WAY }, async () => {
				for (const _ of frames) await new Promise((resolve, reject) => socket.send(frame, (error) => (error ? reject(error) : resolve())));
			}),
		);
	},
	/** Everything has left this process. */
	pushed: async () => void (await pushing),
	/** What the system has taken of it. */
	sentBytes: () => socket._socket._handle.bytesWritten - socket._socket._handle.writeQueueSize,

	pause: () => socket.pause(),
	receivedBytes: () => socket._socket.bytesRead,
	/** A burst, a pause, a burst … until so much has come. */
	async takeInBursts({ bytes }) {
		const stream = socket._socket;
		while (stream.bytesRead < bytes) {
			const end = Math.min(stream.bytesRead + BURST_BYTES, bytes);
			socket.resume();
			while (stream.bytesRead < end) await once(socket, 'message');
			socket.pause();
			await sleep(PAUSE_MS);
		}
		socket.resume();
	},
});
