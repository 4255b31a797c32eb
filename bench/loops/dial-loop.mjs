import { performance } from 'node:perf_hooks';
import { serveCommands } from '../harness/serve-commands.mjs';

/**
 * Opens connections to an echo server, one by one and all at once, and keeps them.
 * @param {() => Promise<Dialled>} dial resolves when the client's side says that it is open.
 *
 * @typedef {object} Dialled
 * @property {(payload: Uint8Array) => void} send
 * @property {(receive: () => void) => void} onMessage
 * @property {() => Promise<void> | void} end
 */
export function serveDialLoop(dial, commands = {}) {
	const held = [];

	async function open() {
		const dialled = await dial();
		held.push(dialled);
		return dialled;
	}

	serveCommands({
		/** @returns milliseconds from dialling until the client's side is open, and until a first message has been echoed; one of each a connection. */
		async oneByOne({ count }) {
			const [openMs, answeredMs] = [new Float64Array(count), new Float64Array(count)];
			for (let i = 0; i < count; i++) {
				const startMs = performance.now();
				const dialled = await open();
				openMs[i] = performance.now() - startMs;
				await firstEcho(dialled);
				answeredMs[i] = performance.now() - startMs;
			}
			return { openMs, answeredMs };
		},

		/** @returns milliseconds until all were answered or had failed, and the messages of those that failed. */
		async allAtOnce({ count }) {
			const startMs = performance.now();
			const results = await Promise.allSettled(Array.from({ length: count }, async () => firstEcho(await open())));
			const failures = results.filter(({ status }) => status === 'rejected').map(({ reason }) => String(reason.message));
			return { ms: performance.now() - startMs, failures };
		},

		async endAll() {
			await Promise.all(held.splice(0).map((dialled) => dialled.end()));
		},

		...commands,
	});
}

function firstEcho({ send, onMessage }) {
	return new Promise((resolve) => {
		onMessage(resolve);
		send(new Uint8Array(16));
	});
}
