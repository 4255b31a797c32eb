/** The echo of a page: the same as in Node, with the browser's WebSocket. */
export function exposePageEcho() {
	globalThis.openEcho = (url) =>
		new Promise((resolve, reject) => {
			const socket = new WebSocket(url);
			socket.binaryType = 'arraybuffer';
			socket.addEventListener('error', () => reject(new Error(`no connection to ${url}`)));
			socket.addEventListener('open', () => {
				globalThis.runEcho = createRun(socket);
				resolve();
			});
		});
}

function createRun(socket) {
	let toSend = 0;
	let toReceive = 0;
	let done = () => {};
	socket.addEventListener('message', (event) => {
		if (toSend > 0) {
			toSend--;
			socket.send(event.data);
		}
		if (--toReceive === 0) done();
	});
	/** Resolves with the milliseconds it took. */
	return ({ bytes, text, messages, window }) =>
		new Promise((resolve) => {
			const startMs = performance.now();
			done = () => resolve(performance.now() - startMs);
			toReceive = messages;
			toSend = messages - window;
			for (let i = 0; i < window; i++) socket.send(text ? 'x'.repeat(bytes) : new Uint8Array(bytes).fill(i + 1));
		});
}
