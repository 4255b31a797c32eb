import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { FakeClock } from '@linkscope/core/testing';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Opcode } from './frame-header.js';
import { clientFrame, type Frame, readFrames, textFrame } from './raw-frames.fixture.js';
import { MiB, messages, splicedClients, spliceSockets, TinyRelay } from './relay-pair.fixture.js';
import { splice } from './splice.js';

let relay: TinyRelay;
beforeEach(async () => {
	relay = await TinyRelay.listen();
});
afterEach(() => relay.close());

/** The next frames that a raw client gets. */
function frames(client: Socket, count: number): Promise<Frame[]> {
	return new Promise((resolve) => {
		let bytes = Buffer.alloc(0);
		client.on('data', function take(chunk: Buffer) {
			bytes = Buffer.concat([bytes, chunk]);
			const got = readFrames(bytes);
			if (got.length < count) return;
			client.off('data', take);
			resolve(got);
		});
	});
}

async function rawClients() {
	const { client: dialler, socket } = await relay.raw();
	const { client: listener, socket: listenerSocket } = await relay.raw();
	return { dialler, listener, ...spliceSockets(socket, listenerSocket) };
}

describe('splice', () => {
	it('passes messages of all sizes on as they are, text and bytes apart, both ways', async () => {
		const { dialler, listener, splice } = await splicedClients(relay);
		const payloads = [0, 1, 125, 126, 127, 65_535, 65_536, 2 * MiB].map((size) => randomBytes(size));
		const texts = payloads.map((payload) => payload.toString('base64').slice(0, payload.length));
		for (const [from, to] of [
			[dialler, listener],
			[listener, dialler],
		] as const) {
			const arriving = messages(to, payloads.length * 2);
			for (const [i, payload] of payloads.entries()) {
				from.send(payload);
				from.send(texts[i] as string);
			}
			const got = await arriving;
			for (const [i, payload] of payloads.entries()) {
				const [bytes, text] = [got[2 * i], got[2 * i + 1]];
				expect([bytes?.isBinary, text?.isBinary]).toEqual([true, false]);
				expect(payload.equals(bytes?.data as Buffer)).toBe(true);
				expect(text?.data.toString() === texts[i]).toBe(true);
			}
		}
		const bytes = 2 * payloads.reduce((sum, { length }) => sum + length, 0);
		expect([splice.fromDialler, splice.fromListener]).toMatchObject([
			{ frames: 16, bytes },
			{ frames: 16, bytes },
		]);
	});

	it('leaves fragments, and the pings between them, as they are', async () => {
		const { dialler, listener } = await rawClients();
		const sent: Frame[] = [
			{ opcode: Opcode.TEXT, payload: Buffer.from('one'), isFinal: false },
			{ opcode: Opcode.PING, payload: Buffer.from('ping') },
			{ opcode: Opcode.CONTINUATION, payload: Buffer.alloc(0), isFinal: false },
			{ opcode: Opcode.PONG, payload: Buffer.alloc(0) },
			{ opcode: Opcode.CONTINUATION, payload: Buffer.from('two'), isFinal: true },
		];
		const arriving = frames(listener, sent.length);
		dialler.write(Buffer.concat(sent.map((frame) => clientFrame(frame))));
		expect(await arriving).toEqual(sent.map((frame) => ({ isFinal: true, ...frame })));
	});

	it('lets the peers answer each other’s pings', async () => {
		const { dialler } = await splicedClients(relay);
		const ponged = new Promise<string>((resolve) => dialler.once('pong', (data) => resolve(data.toString())));
		dialler.ping('are you there?');
		expect(await ponged).toBe('are you there?');
	});

	it('passes on what has come of a long frame, and does not wait for the rest', async () => {
		const { dialler, listener } = await rawClients();
		const frame = clientFrame({ opcode: Opcode.BINARY, payload: Buffer.alloc(MiB, 7) });
		let got = 0;
		listener.on('data', (chunk) => {
			got += chunk.length;
		});
		dialler.write(frame.subarray(0, 1014));
		await vi.waitFor(() => expect(got).toBe(1010));
	});

	it('gives the same frames whatever the pieces that they come in', async () => {
		const { dialler, listener } = await rawClients();
		const frame = fc.record({
			opcode: fc.constantFrom(Opcode.TEXT, Opcode.BINARY),
			size: fc.oneof(fc.nat(130), fc.nat(70_000)),
			mask: fc.uint8Array({ minLength: 4, maxLength: 4 }),
		});
		const pieces = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 50_000 })), { minLength: 1, maxLength: 30 });
		await fc.assert(
			fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 8 }), pieces, async (wanted, cuts) => {
				const sent = wanted.map(({ opcode, size }) => ({ opcode, payload: randomBytes(size), isFinal: true }));
				const bytes = Buffer.concat(sent.map((one, i) => clientFrame(one, Buffer.from(wanted[i]!.mask))));
				const arriving = frames(listener, sent.length);
				for (let at = 0, i = 0; at < bytes.length; i++) {
					const size = cuts[i] ?? bytes.length;
					await new Promise((resolve) => dialler.write(bytes.subarray(at, at + size), resolve));
					at += size;
				}
				const got = await arriving;
				expect(got.map(({ opcode, payload }) => [opcode, payload.length])).toEqual(sent.map(({ opcode, payload }) => [opcode, payload.length]));
				expect(got.every(({ payload }, i) => payload.equals(sent[i]!.payload))).toBe(true);
			}),
			{ numRuns: 60 },
		);
	});

	it('takes frames that come byte by byte', async () => {
		const { dialler, listener, ended } = await rawClients();
		const sent = ['one', '', 'x'.repeat(300)];
		const bytes = Buffer.concat([...sent.map(textFrame), clientFrame({ opcode: Opcode.CLOSE, payload: Buffer.from([3, 0xe8, 0x62]) })]);
		const arriving = frames(listener, sent.length + 1);
		for (const byte of bytes) await new Promise((resolve) => dialler.write(Buffer.from([byte]), resolve));
		expect((await arriving).map(({ payload }) => payload.toString('latin1'))).toEqual([...sent, '\x03\xe8b']);
		dialler.destroy();
		expect(await ended).toMatchObject({ code: 1000, reason: 'b' });
	});

	it('begins with what came right behind the request, in its order, none lost', async () => {
		const { client: dialler, socket } = await relay.raw();
		const { client: listener, socket: listenerSocket } = await relay.raw();
		listenerSocket.start({ text() {}, closed() {} });
		const options = { clock: new FakeClock(), maxFrameBytes: MiB, heldBytesPerDirection: MiB, stallTimeoutMs: 1000 };
		socket.start({
			text() {
				socket.hold();
				// As after asking the registry of a cluster.
				setImmediate(() => setImmediate(() => splice(socket, listenerSocket, options)));
			},
			closed() {},
		});
		const texts = Array.from({ length: 500 }, (_, i) => String(i).repeat(400));
		const arriving = frames(listener, texts.length);
		dialler.write(Buffer.concat([textFrame('the request'), ...texts.map(textFrame)]));
		expect((await arriving).map(({ payload }) => payload.toString())).toEqual(texts);
	});

	it('begins with what a listener had begun to say', async () => {
		const { client: dialler, socket } = await relay.raw();
		const { client: listener, socket: listenerSocket } = await relay.raw();
		const ready = textFrame('{"type":"relay_ready"}');
		let read = 0;
		listenerSocket.start({ text: () => read++, closed() {} });
		listener.write(Buffer.concat([textFrame('pong'), ready.subarray(0, 9)]));
		await vi.waitFor(() => expect(read).toBe(1));
		socket.start({ text() {}, closed() {} });
		splice(socket, listenerSocket, { clock: new FakeClock(), maxFrameBytes: MiB, heldBytesPerDirection: MiB, stallTimeoutMs: 1000 });
		const arriving = frames(dialler, 1);
		listener.write(ready.subarray(9));
		expect((await arriving)[0]?.payload.toString()).toBe('{"type":"relay_ready"}');
	});
});
