import ReconnectingWebSocket from 'partysocket/ws';

/** Is sent away by the server and comes back by itself: two connections. */
export async function usePartysocket(port: number, WebSocketClass?: typeof WebSocket): Promise<void> {
	const socket = new ReconnectingWebSocket(`ws://127.0.0.1:${port}/party`, [], {
		WebSocket: WebSocketClass,
		minReconnectionDelay: 10,
		maxReconnectionDelay: 20,
	});
	const next = (type: 'open' | 'message' | 'close'): Promise<unknown> =>
		new Promise((resolve) => socket.addEventListener(type, resolve as never, { once: true }));
	await next('open');
	for (const data of ['grüße 🌍', new Uint8Array(300)]) {
		const answer = next('message');
		socket.send(data);
		await answer;
	}
	const back = next('close').then(() => next('open'));
	socket.send('leave');
	await back;
	const end = next('close');
	socket.close(4321, 'enough');
	await end;
}
