import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Connection, type Payload, type Plugin } from '@linkscope/core';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { sealedFrame } from './sealed-frame.js';
import { wsServer } from './test-servers.js';
import { dialWebSocket } from './websocket.js';
import { createWebSocketListener } from './websocket-server.js';
import { WsSocket } from './ws-socket.js';

const SIZES = [0, 1, 125, 126, 127, 255, 256, 4095, 4096, 65_535, 65_536];
const NO_MASK = new Uint8Array(4);
const message = (bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, (_, i) => (i * 7) % 251);

test('a frame has the shortest header, and a client says that it masks', () => {
	expect([...sealedFrame(Uint8Array.of(7), null)]).toEqual([0x82, 1, 7]);
	expect([...sealedFrame(Uint8Array.of(7), NO_MASK)]).toEqual([0x82, 0x81, 0, 0, 0, 0, 7]);
	expect([...sealedFrame(message(125), NO_MASK).subarray(0, 2)]).toEqual([0x82, 0x80 | 125]);
	expect([...sealedFrame(message(126), null).subarray(0, 4)]).toEqual([0x82, 126, 0, 126]);
	expect([...sealedFrame(message(65_535), NO_MASK).subarray(0, 8)]).toEqual([0x82, 0x80 | 126, 0xff, 0xff, 0, 0, 0, 0]);
	expect([...sealedFrame(message(65_536), null).subarray(0, 10)]).toEqual([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
});

test('a mask covers every byte of a message of any length', () => {
	const mask = Uint8Array.of(1, 2, 0, 0xff);
	for (const bytes of [0, 1, 2, 3, 4, 5, 126, 255, 256, 257, 4095, 65_537]) {
		const frame = sealedFrame(message(bytes), mask);
		const start = frame.length - bytes;
		expect(frame.subarray(start - 4, start)).toEqual(Buffer.from(mask));
		expect(Uint8Array.from(frame.subarray(start), (byte, i) => byte ^ (mask[i % 4] as number))).toEqual(message(bytes));
	}
});

test.each([false, true])('sealed messages of every size arrive in order with those that ws frames (compression: %s)', async (perMessageDeflate) => {
	const listener = createWebSocketListener({ perMessageDeflate: perMessageDeflate && { threshold: 0 } });
	onTestFinished(() => listener.close());
	listener.onTransport.on(({ transport }) => {
		const echo = new Connection(transport, { initiator: false, plugins: [sealing()] });
		echo.onMessage.on((payload) => echo.send(payload));
		void echo.open();
	});
	const dialled = new Connection(dialWebSocket((await listener.listen()).url, { perMessageDeflate }), { plugins: [sealing()] });
	await dialled.open();
	const received: Payload[] = [];
	const all = new Promise<void>((resolve) => dialled.onMessage.on((payload) => received.push(payload) === 3 * SIZES.length && resolve()));
	const sent = SIZES.flatMap((bytes): Payload[] => [message(bytes), `text ${bytes}`, message(bytes)]);
	for (const payload of sent) dialled.send(typeof payload === 'string' ? payload : payload.slice());
	await all;
	expect(received).toEqual(sent);
	await dialled.close();
	expect(dialled.closeInfo).toMatchObject({ code: 1000, wasClean: true });
});

test('nothing is written behind the close frame of ws', async () => {
	const { url } = await wsServer();
	const socket = new WebSocket(url);
	const unheard = (): void => {};
	const events = { opened: unheard, message: unheard, drained: unheard, refused: unheard, broken: unheard, failed: unheard, ended: unheard };
	const raw = new WsSocket(socket as never, events, { highWaterBytes: 1000 });
	await once(socket, 'open');
	raw.opaque();
	socket.close();
	const write = vi.spyOn((socket as unknown as { _socket: Socket })._socket, 'write');
	raw.send(message(10));
	expect(write).not.toHaveBeenCalled();
});

/** Says of every message that it is sealed. */
function sealing(): Plugin {
	let opaque = (): void => {};
	return {
		name: 'sealing',
		attach(host) {
			opaque = () => host.opaque();
		},
		active: () => opaque(),
	};
}
