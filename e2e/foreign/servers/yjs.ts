import { createServer } from 'node:http';
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { type WebSocket, WebSocketServer } from 'ws';
import * as sync from 'y-protocols/sync';
import * as Y from 'yjs';
import { listening, type RunningServer } from './running-server.js';

const SYNC = 0;

/** One shared Yjs document: syncs each newcomer, hands every update and awareness message to the others. */
export function startYjs(): Promise<RunningServer> {
	const http = createServer();
	const sockets = new WebSocketServer({ server: http });
	const doc = new Y.Doc();
	doc.on('update', (update: Uint8Array, origin: unknown) => {
		const message = syncMessage((encoder) => sync.writeUpdate(encoder, update));
		for (const socket of sockets.clients) if (socket !== origin) socket.send(message);
	});
	sockets.on('connection', (socket) => {
		socket.send(syncMessage((encoder) => sync.writeSyncStep1(encoder, doc)));
		socket.on('message', (data: Buffer) => receive(socket, data));
	});

	function receive(socket: WebSocket, data: Buffer): void {
		const decoder = decoding.createDecoder(data);
		if (decoding.readVarUint(decoder) === SYNC) {
			const answer = syncMessage((encoder) => sync.readSyncMessage(decoder, encoder, doc, socket));
			if (answer.length > 1) socket.send(answer);
		} else {
			for (const other of sockets.clients) if (other !== socket) other.send(data);
		}
	}
	return listening(http, () => {
		for (const socket of sockets.clients) socket.terminate();
	});
}

function syncMessage(write: (encoder: encoding.Encoder) => unknown): Uint8Array {
	const encoder = encoding.createEncoder();
	encoding.writeVarUint(encoder, SYNC);
	write(encoder);
	return encoding.toUint8Array(encoder);
}
