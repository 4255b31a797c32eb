import WebSocket from 'ws';

/** A bare connection of ws, once it is open. */
export function dialRaw(url) {
	return new Promise((resolve, reject) => {
		const socket = new WebSocket(url, { perMessageDeflate: false });
		socket.addEventListener('open', () => resolve(socket));
		socket.addEventListener('error', (event) => reject(event.error));
	});
}

export function endOf(socket) {
	return new Promise((resolve) => {
		socket.addEventListener('close', resolve);
		socket.close();
	});
}
