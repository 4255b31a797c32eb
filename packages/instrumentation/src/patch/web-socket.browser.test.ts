import { hub } from '@linkscope/core';
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { startRecording } from './fixtures/recording.js';
import { patchWebSocket } from './index.js';

const Native = globalThis.WebSocket;
const undos: (() => void)[] = [];
const url = inject('scriptedUrl');
let recording: ReturnType<typeof startRecording>;

beforeEach(() => {
	recording = startRecording();
	undos.push(recording.stop);
});

afterEach(() => {
	for (const undo of undos.splice(0).reverse()) undo();
	expect(globalThis.WebSocket).toBe(Native);
	expect(Native.prototype.constructor).toBe(Native);
});

/** Observes this test's server only: the test runner has a WebSocket of its own. */
function install(observes = (remote: string) => remote.startsWith(url)): () => void {
	const undo = patchWebSocket({ observes });
	undos.push(undo);
	return undo;
}

const next = (socket: WebSocket, type: string): Promise<Event> => new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }));

async function opened(socket: WebSocket): Promise<WebSocket> {
	await next(socket, 'open');
	return socket;
}

async function roundTrip(socket: WebSocket, data: string | Blob | ArrayBuffer): Promise<void> {
	const answer = next(socket, 'message');
	socket.send(data);
	await answer;
}

async function close(socket: WebSocket, code?: number, reason?: string): Promise<void> {
	const end = next(socket, 'close');
	socket.close(code, reason);
	await end;
}

test('a socket is counted from its construction to its close, in exact bytes', async () => {
	install();
	const socket = await opened(new WebSocket(url));
	const messages = ['a', 'grüße 🌍', '\ud800', 'ж'.repeat(40_000), `a${'🌍'.repeat(10_000)}\ud800`];
	for (const message of messages) await roundTrip(socket, message);
	await roundTrip(socket, new Blob([new Uint8Array(300)]));
	await roundTrip(socket, new Uint8Array(70_000).buffer);
	await close(socket, 4000, 'bye');

	const sizes = [...messages.map((message) => new TextEncoder().encode(message).length), 300, 70_000];
	const bytes = sizes.reduce((sum, size) => sum + size, 0);
	const headers = sizes.reduce((sum, size) => sum + (size < 126 ? 2 : size < 65536 ? 4 : 10), 0);
	expect(recording.sockets).toMatchObject([
		{
			remote: url,
			states: ['CONNECTING', 'ACTIVE', 'CLOSING', 'CLOSED'],
			sent: 7,
			received: 7,
			bytesSent: bytes,
			bytesReceived: bytes,
			wireBytesSent: bytes + headers + 4 * 7,
			wireBytesReceived: bytes + headers,
			close: { code: 4000, reason: 'bye', wasClean: true, initiatedBy: 'local', state: 'CLOSED' },
		},
	]);
});

test('who ended a connection is told: the peer, the network, a refusal', async () => {
	install();
	const remote = await opened(new WebSocket(url));
	remote.send('close 4001 enough');
	await next(remote, 'close');
	const lost = await opened(new WebSocket(url));
	lost.send('drop');
	await next(lost, 'close');
	await next(new WebSocket(`${url}refuse`), 'close');
	expect(recording.sockets.map(({ states, close }) => [states.join(), close?.code, close?.initiatedBy])).toEqual([
		['CONNECTING,ACTIVE,CLOSED', 4001, 'remote'],
		['CONNECTING,ACTIVE,FAILED', 1006, 'network'],
		['CONNECTING,FAILED', 1006, 'network'],
	]);
	expect(recording.sockets[2]?.errors).toHaveLength(1);
});

test('what was sent too late is not counted', async () => {
	install();
	const socket = await opened(new WebSocket(url));
	const end = close(socket);
	socket.send('while closing');
	await end;
	socket.send('too late');
	expect(recording.sockets[0]).toMatchObject({ sent: 0, bytesSent: 0 });
});

test.each([
	['an on… handler', (socket: WebSocket) => (socket.onopen = () => {})],
	['addEventListener', (socket: WebSocket) => socket.addEventListener('open', () => {})],
])('a socket of a constructor captured before shows at its first %s', async (_what, touch) => {
	const Captured = globalThis.WebSocket;
	install();
	const socket = new Captured(url);
	expect(recording.sockets).toHaveLength(0);
	touch(socket);
	expect(recording.sockets).toMatchObject([{ states: ['CONNECTING'] }]);
	await next(socket, 'open');
	await roundTrip(socket, 'x');
	await close(socket);
	expect(recording.sockets).toMatchObject([{ sent: 1, received: 1, close: { code: 1005 } }]);
});

test('a socket that was open before shows from its next send on', async () => {
	const socket = await opened(new WebSocket(url));
	install();
	await roundTrip(socket, 'x');
	expect(recording.sockets).toMatchObject([{ states: ['CONNECTING', 'ACTIVE'], sent: 1, received: 1 }]);
	await close(socket);
});

test('a claimed socket is left to its connection', async () => {
	install();
	const socket = new WebSocket(url);
	const entry = hub.sockets.get(socket);
	expect(entry).toMatchObject({ id: recording.sockets[0]?.id, claimedBy: null });
	if (entry) entry.claimedBy = 'c-other';
	await next(socket, 'open');
	await roundTrip(socket, 'x');
	await close(socket);
	expect(recording.sockets).toMatchObject([{ states: ['CONNECTING'], sent: 0, received: 0, close: null }]);
});

test('excluded URLs leave no record', async () => {
	install((remote) => remote.startsWith(url) && !remote.includes('secret'));
	const socket = await opened(new WebSocket(`${url}secret`));
	await roundTrip(socket, 'x');
	await close(socket);
	expect(recording.sockets).toEqual([]);
});

test('two installs count once, and the last to leave takes the patch away', async () => {
	const first = install();
	const second = install();
	const socket = await opened(new WebSocket(url));
	await roundTrip(socket, 'x');
	first();
	expect(globalThis.WebSocket).not.toBe(Native);
	await roundTrip(socket, 'x');
	second();
	await roundTrip(socket, 'x');
	expect(recording.sockets).toMatchObject([{ sent: 2, received: 2 }]);
	await close(socket);
});

test('a socket that outlives its install gets a new record at the next', async () => {
	install()();
	const undo = install();
	const socket = await opened(new WebSocket(url));
	undo();
	install();
	await roundTrip(socket, 'x');
	expect(recording.sockets).toMatchObject([
		{ sent: 0, received: 0 },
		{ sent: 1, received: 1 },
	]);
	await close(socket);
});

/** Another patcher, of the usual kind: a subclass on the global and a wrapped send. */
function otherPatcher(): { seen: string[]; undo(): void } {
	const seen: string[] = [];
	const Before = globalThis.WebSocket;
	const send = Before.prototype.send;
	class Other extends Before {
		constructor(remote: string | URL, protocols?: string | string[]) {
			super(remote, protocols);
			seen.push('created');
		}
	}
	const otherSend: typeof send = function (this: WebSocket, data) {
		// The runner has a socket of its own in this page.
		if (this.url.startsWith(url)) seen.push('sent');
		return send.call(this, data);
	};
	globalThis.WebSocket = Other;
	Before.prototype.send = otherSend;
	return {
		seen,
		undo() {
			globalThis.WebSocket = Before;
			Before.prototype.send = send;
		},
	};
}

test.each(['ours first, ours out first', 'ours first, theirs out first', 'theirs first, ours out first', 'theirs first, theirs out first'])(
	'with another patcher, %s: a working chain at every step',
	async (order) => {
		const send = Native.prototype.send;
		// Registered first, so run last: a patcher that leaves after us puts back what it saw, which may be ours.
		undos.unshift(() => {
			globalThis.WebSocket = Native;
			Native.prototype.send = send;
			Native.prototype.constructor = Native;
		});
		const [arrival, departure] = order.split(', ') as [string, string];
		let other: ReturnType<typeof otherPatcher>;
		let undo: () => void;
		if (arrival.startsWith('ours')) {
			undo = install();
			other = otherPatcher();
		} else {
			other = otherPatcher();
			undo = install();
		}
		const use = async (): Promise<void> => {
			const socket = await opened(new WebSocket(url));
			await roundTrip(socket, 'x');
			await close(socket);
		};
		await use();
		expect(recording.sockets).toMatchObject([{ sent: 1, received: 1, close: { code: 1005 } }]);
		expect(other.seen).toEqual(['created', 'sent']);

		if (departure.startsWith('ours')) undo();
		else other.undo();
		await use();
		expect(recording.sockets).toHaveLength(departure.startsWith('ours') ? 1 : 2);
		expect(other.seen).toHaveLength(departure.startsWith('ours') ? 4 : 2);

		undo();
		other.undo();
		await use();
		expect(recording.sockets).toHaveLength(departure.startsWith('ours') ? 1 : 2);

		// What they put back may be ours of then: it only passes on, and a new install counts once.
		const again = install();
		await use();
		again();
		expect(recording.sockets.at(-1)).toMatchObject({ sent: 1, received: 1 });
	},
);

test('payloads are lent as text and bytes while a tap asks; a tap that throws changes nothing', async () => {
	install();
	const socket = await opened(new WebSocket(url));
	const tap = vi.fn(() => {
		throw new Error('tap');
	});
	hub.tap = tap;
	undos.push(() => {
		hub.tap = null;
	});
	await roundTrip(socket, 'text');
	socket.binaryType = 'arraybuffer';
	await roundTrip(socket, new Uint8Array([1, 2]).buffer);
	hub.tap = null;
	await close(socket);
	const id = recording.sockets[0]?.id;
	expect(tap.mock.calls).toEqual([
		[id, 'sent', 'text'],
		[id, 'received', 'text'],
		[id, 'sent', new Uint8Array([1, 2])],
		[id, 'received', new Uint8Array([1, 2])],
	]);
});
