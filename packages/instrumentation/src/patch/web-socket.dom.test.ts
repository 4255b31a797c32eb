import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startRecording } from './fixtures/recording.js';
import { patchWebSocket } from './index.js';

const undos: (() => void)[] = [];
let recording: ReturnType<typeof startRecording>;

beforeEach(() => {
	recording = startRecording();
	undos.push(recording.stop);
});
afterEach(() => {
	for (const undo of undos.splice(0).reverse()) undo();
});

function withGlobal(descriptor: PropertyDescriptor | null): void {
	const before = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket') as PropertyDescriptor;
	undos.push(() => Object.defineProperty(globalThis, 'WebSocket', before));
	if (descriptor) Object.defineProperty(globalThis, 'WebSocket', { configurable: true, ...descriptor });
	else Reflect.deleteProperty(globalThis, 'WebSocket');
}

class FakeSocket extends EventTarget {
	readyState = 0;
	bufferedAmount = 0;
	readonly outbox: unknown[] = [];
	constructor(readonly url: string) {
		super();
	}
	send(data: unknown): void {
		this.outbox.push(data);
	}
	close(): void {
		this.readyState = 2;
	}
	open(): void {
		this.readyState = 1;
		this.dispatchEvent(new Event('open'));
	}
}

test('a fake WebSocket put there by a test suite is observed like a real one', () => {
	withGlobal({ value: FakeSocket, writable: true });
	undos.push(patchWebSocket());
	const fake = new WebSocket('ws://fake/') as unknown as FakeSocket;
	fake.open();
	fake.send('hello');
	fake.dispatchEvent(new MessageEvent('message', { data: 'grüße' }));
	fake.readyState = 3;
	fake.dispatchEvent(new Event('close'));
	expect(recording.sockets).toMatchObject([{ close: null }]);
	fake.dispatchEvent(new CloseEvent('close', { code: 1000, reason: '', wasClean: true }));
	expect(fake.outbox).toEqual(['hello']);
	expect(recording.sockets).toMatchObject([{ remote: 'ws://fake/', sent: 1, bytesSent: 5, bytesReceived: 7, close: { code: 1000, state: 'CLOSED' } }]);
});

test('a wrapper in its place, whose accessors need a socket and whose events are its own, is observed as well', () => {
	class Wrapper extends EventTarget {
		readonly #queued = 0;
		readonly readyState = 1;
		constructor(readonly url: string) {
			super();
		}
		get bufferedAmount(): number {
			return this.#queued;
		}
		send(): void {}
		close(): void {}
	}
	withGlobal({ value: Wrapper, writable: true });
	undos.push(patchWebSocket());
	const socket = new WebSocket('ws://fake/');
	socket.send('x');
	socket.dispatchEvent(new MessageEvent('message', { data: 'x' }));
	expect(recording.sockets).toMatchObject([{ states: ['CONNECTING', 'ACTIVE'], sent: 1, received: 1 }]);
});

test('a bare mock function works as before', () => {
	const mock = vi.fn(function (this: object) {
		Object.assign(this, { url: 'ws://mock/', readyState: 1, send: vi.fn() });
	});
	withGlobal({ value: mock, writable: true });
	undos.push(patchWebSocket());
	const socket = new WebSocket('ws://mock/');
	socket.send('x');
	expect(mock).toHaveBeenCalledWith('ws://mock/');
	expect(vi.mocked(socket.send)).toHaveBeenCalledWith('x');
});

test('without a WebSocket nothing happens', () => {
	withGlobal(null);
	const undo = patchWebSocket();
	expect('WebSocket' in globalThis).toBe(false);
	undo();
	expect('WebSocket' in globalThis).toBe(false);
});

test('a frozen class stays usable, and sees no patch', () => {
	class Frozen extends FakeSocket {}
	Object.freeze(Frozen.prototype);
	Object.freeze(Frozen);
	withGlobal({ value: Frozen, writable: false });
	const undo = patchWebSocket();
	const socket = new WebSocket('ws://fake/') as unknown as FakeSocket;
	socket.open();
	socket.send('x');
	expect(socket.outbox).toEqual(['x']);
	expect(() => undo()).not.toThrow();
	expect(globalThis.WebSocket).toBe(Frozen);
});

test('a global behind a getter is put back as a getter', () => {
	const get = () => FakeSocket as unknown as typeof WebSocket;
	withGlobal({ get });
	const undo = patchWebSocket();
	const fake = new WebSocket('ws://fake/');
	expect(fake).toBeInstanceOf(FakeSocket);
	undo();
	expect(Object.getOwnPropertyDescriptor(globalThis, 'WebSocket')?.get).toBe(get);
});

test('a filter that throws and a socket whose URL throws leave the application alone', () => {
	class Hostile extends FakeSocket {
		constructor(url: string) {
			super(url);
			Object.defineProperty(this, 'url', {
				get() {
					throw new Error('hostile');
				},
			});
		}
	}
	withGlobal({ value: Hostile, writable: true });
	undos.push(
		patchWebSocket({
			observes() {
				throw new Error('filter');
			},
		}),
	);
	const socket = new WebSocket('ws://fake/') as unknown as FakeSocket;
	socket.send('x');
	expect(socket.outbox).toEqual(['x']);
	expect(recording.sockets).toEqual([]);
});

test('an EventEmitter in the place of the WebSocket is left to instrumentWs', () => {
	class Emitting {
		emit(): void {}
		send(): void {}
	}
	withGlobal({ value: Emitting, writable: true });
	const { send } = Emitting.prototype;
	undos.push(patchWebSocket());
	expect(globalThis.WebSocket).toBe(Emitting);
	expect(Emitting.prototype.send).toBe(send);
});
