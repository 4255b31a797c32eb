import { connect } from 'linkscope';
import mqtt from 'mqtt';
import { WebSocket as PartySocket } from 'partysocket';
import ReconnectingWebSocket from 'reconnecting-websocket';
import { io } from 'socket.io-client';
import WebSocket from 'ws';

/** Each resolves when it is connected, tells of every later connection, and is as its makers made it: no option but where to, and what a WebSocket is in Node. */
export const clients = {
	linkscope: {
		kind: 'websocket',
		async open(port, connected) {
			const link = await connect(`ws://127.0.0.1:${port}/`, { reconnect: true });
			link.onState.on((state) => state === 'CONNECTED' && connected());
			return () => link.close();
		},
	},
	'socket.io-client': {
		kind: 'socket.io',
		async open(port, connected) {
			const socket = io(`http://127.0.0.1:${port}`, { forceNew: true });
			await new Promise((resolve) => socket.once('connect', resolve));
			// A connection begins as a poll; what is cut then is not what is measured.
			if (socket.io.engine.transport.name !== 'websocket') await new Promise((resolve) => socket.io.engine.once('upgrade', resolve));
			socket.on('connect', connected);
			return () => socket.disconnect();
		},
	},
	mqtt: {
		kind: 'mqtt',
		async open(port, connected) {
			const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`);
			client.on('error', () => {});
			client.on('connect', connected);
			return () => client.end(true);
		},
	},
	partysocket: { kind: 'websocket', open: (port, connected) => openSocket(PartySocket, port, connected) },
	'reconnecting-websocket': { kind: 'websocket', open: (port, connected) => openSocket(ReconnectingWebSocket, port, connected) },
};

async function openSocket(Socket, port, connected) {
	const socket = new Socket(`ws://127.0.0.1:${port}/`, [], { WebSocket });
	socket.addEventListener('error', () => {});
	await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
	socket.addEventListener('open', connected);
	return () => socket.close();
}
