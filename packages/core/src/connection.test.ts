import { describe, expect, test, vi } from 'vitest';
import { Connection } from './connection.js';
import { TransportError } from './errors.js';
import type { Payload } from './payload.js';
import type { Plugin, Wire } from './plugin.js';
import { openScripted, ScriptedTransport } from './scripted-transport.fixture.js';
import { FakeClock, settle } from './testing/fake-clock.js';
import { createMemoryPair, type MemoryPairOptions } from './testing/memory-pair.js';

async function openPair(options: MemoryPairOptions = {}, plugins: () => Plugin[] = () => []) {
	const [a, b] = createMemoryPair(options);
	const left = new Connection(a, { plugins: plugins() });
	const right = new Connection(b, { plugins: plugins(), initiator: false });
	await Promise.all([left.open(), right.open()]);
	return { left, right };
}

describe.each(['single', 'burst'] as const)('delivery %s', (delivery) => {
	test('text stays text, bytes stay bytes, in order', async () => {
		const { left, right } = await openPair({ delivery });
		const got: Payload[] = [];
		right.onMessage.on((message) => got.push(message));
		left.send('hello');
		left.send(new Uint8Array([1, 2, 3]));
		left.send('');
		await left.close('done');
		expect(got).toEqual(['hello', new Uint8Array([1, 2, 3]), '']);
		expect(left.state).toBe('CLOSED');
		expect(right.closeInfo).toMatchObject({ code: 1000, reason: 'done', initiatedBy: 'remote' });
	});

	test('frames that arrive while a handshake ends pass through the established plugin, in order', async () => {
		// A toy secure channel: after the hello every frame is marked, and an unmarked one is an error.
		const marking = (name: string): Plugin => ({
			name,
			phase: name === 'inner' ? ['ENCRYPTING', 'ENCRYPTED'] : ['AUTHENTICATING', 'AUTHENTICATED'],
			async handshake(wire: Wire) {
				if (wire.initiator) {
					wire.send(`${name} hello`);
					expect(await wire.read()).toBe(`${name} welcome`);
				} else {
					expect(await wire.read()).toBe(`${name} hello`);
					wire.send(`${name} welcome`);
				}
			},
			outgoing: (payload) => `${name}:${payload as string}`,
			incoming(payload) {
				const text = payload as string;
				if (!text.startsWith(`${name}:`)) throw new Error(`unmarked: ${text}`);
				return text.slice(name.length + 1);
			},
		});
		const [a, b] = createMemoryPair({ delivery });
		const left = new Connection(a, { plugins: [marking('outer'), marking('inner')] });
		const right = new Connection(b, { plugins: [marking('outer'), marking('inner')], initiator: false });
		const got: Payload[] = [];
		left.onMessage.on((message) => got.push(message));
		// The acceptor is ACTIVE first and sends at once, in the same tick as its last handshake frame.
		for (let i = 0; i < 20; i++) right.send(`early ${i}`);
		await Promise.all([left.open(), right.open()]);
		for (let i = 20; i < 30; i++) right.send(`late ${i}`);
		await right.close();
		expect(got).toEqual(Array.from({ length: 30 }, (_, i) => `${i < 20 ? 'early' : 'late'} ${i}`));
	});

	test('messages received before anybody listens are kept for the first listener', async () => {
		const { left, right } = await openPair({ delivery });
		left.send('one');
		left.send('two');
		await settle();
		const got: Payload[] = [];
		right.onMessage.on((message) => got.push(message));
		left.send('three');
		await vi.waitFor(() => expect(got).toEqual(['one', 'two', 'three']), 25_000);
	});
});

describe('lifecycle', () => {
	test('moves through the phases of its plugins and skips the others', async () => {
		const states: string[] = [];
		const [a, b] = createMemoryPair();
		const left = new Connection(a, { plugins: [{ name: 'auth', phase: ['AUTHENTICATING', 'AUTHENTICATED'], handshake: async () => {} }] });
		left.onState.on((state) => states.push(state));
		await Promise.all([left.open(), new Connection(b).open()]);
		await left.close();
		expect(states).toEqual(['CONNECTING', 'CONNECTED', 'AUTHENTICATING', 'AUTHENTICATED', 'ACTIVE', 'CLOSING', 'CLOSED']);
	});

	test('plugins whose phases run backwards are an error, not a weak session', async () => {
		const transport = new ScriptedTransport();
		const connection = new Connection(transport, {
			plugins: [
				{ name: 'pairing', phase: ['PAIRING', 'PAIRED'], handshake: async () => {} },
				{ name: 'authentication', phase: ['AUTHENTICATING', 'AUTHENTICATED'], handshake: async () => {} },
			],
		});
		const dialled = vi.spyOn(transport, 'open');
		await expect(connection.open()).rejects.toMatchObject({ code: 'PLUGIN_ORDER', message: expect.stringContaining('PAIRED to AUTHENTICATING') });
		expect(connection.state).toBe('FAILED');
		expect(dialled).not.toHaveBeenCalled();
	});

	test('opens once', async () => {
		const { connection } = await openScripted();
		await expect(connection.open()).rejects.toMatchObject({ code: 'CONNECTION_REUSED' });
		expect(connection.state).toBe('ACTIVE');
	});

	test('an abort signal ends opening as FAILED and closes the transport', async () => {
		const transport = new ScriptedTransport();
		transport.opening = new Promise(() => {});
		const connection = new Connection(transport);
		const abort = new AbortController();
		const opened = connection.open(abort.signal);
		abort.abort();
		await expect(opened).rejects.toMatchObject({ code: 'CONNECTION_ABORTED' });
		expect(transport.closes).toHaveLength(1);
	});

	test('a transport that never opens is given up in time, and its secrets stay out of the message', async () => {
		const clock = new FakeClock();
		const transport = new ScriptedTransport();
		transport.opening = new Promise(() => {});
		const opened = new Connection(transport, { clock }).open();
		const failed = expect(opened).rejects.toMatchObject({ code: 'OPEN_TIMEOUT', message: expect.not.stringContaining('secret') });
		await clock.run(10_000);
		await failed;
	});

	test('a dial that failed ends with 1006, a code nobody sent, and keeps its error', async () => {
		const transport = new ScriptedTransport();
		transport.opening = Promise.reject(new TransportError('OPEN_FAILED', 'nobody there'));
		const connection = new Connection(transport);
		await expect(connection.open()).rejects.toMatchObject({ code: 'OPEN_FAILED', name: 'TransportError' });
		expect(connection.closeInfo).toMatchObject({ code: 1006, reason: '', initiatedBy: 'network', error: { code: 'OPEN_FAILED' } });
	});

	test('a peer that vanishes fails the connection, and the iterator says so', async () => {
		const { left, right } = await openPair();
		const reading = (async () => {
			for await (const _ of left.messages());
		})();
		right.terminate();
		await expect(reading).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
		expect(left.state).toBe('FAILED');
		expect(right.state).toBe('CLOSED');
	});
});

describe('close', () => {
	test('twice is once, and a close inside onMessage works', async () => {
		const { left, right } = await openPair();
		const ends: number[] = [];
		right.onClose.on(({ code }) => ends.push(code));
		right.onMessage.on(() => {
			void right.close('enough');
			void right.close('again');
		});
		left.send('x');
		await vi.waitFor(() => expect(left.closeInfo).toMatchObject({ reason: 'enough' }), 25_000);
		await right.close();
		expect(ends).toEqual([1000]);
	});

	test('before open ends at once and still closes a wrapped socket', async () => {
		const transport = new ScriptedTransport();
		const connection = new Connection(transport);
		await connection.close('never mind');
		expect(connection.state).toBe('CLOSED');
		expect(transport.closes).toEqual([[1000, 'never mind']]);
		await expect(connection.open()).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
	});

	test('while dialling aborts the dial and is CLOSED, not FAILED', async () => {
		const transport = new ScriptedTransport();
		transport.opening = new Promise(() => {});
		const connection = new Connection(transport);
		const opened = connection.open();
		opened.catch(() => {});
		await connection.close();
		expect(connection.state).toBe('CLOSED');
		await expect(opened).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
	});

	test('while dialling waits for what was sent, within its bound', async () => {
		const [a, b] = createMemoryPair();
		const left = new Connection(a);
		const right = new Connection(b, { initiator: false });
		const got: Payload[] = [];
		right.onMessage.on((message) => got.push(message));
		void left.open();
		left.send('last words');
		const closed = left.close();
		void right.open();
		await closed;
		await vi.waitFor(() => expect(got).toEqual(['last words']), 25_000);
	});

	test('is bounded against a peer that never answers, then terminates', async () => {
		const clock = new FakeClock();
		const { transport, connection } = await openScripted({ clock });
		const closed = connection.close();
		await clock.run(5_000);
		await closed;
		expect(connection.state).toBe('CLOSED');
		expect(transport.terminated).toBe(1);
		expect(clock.pending).toBe(0);
	});

	test('is bounded against a plugin that never finishes closing', async () => {
		const clock = new FakeClock();
		const { transport, connection } = await openScripted({ clock, plugins: [{ name: 'stuck', closing: () => new Promise(() => {}) }] });
		const closed = connection.close();
		await clock.run(5_000);
		await closed;
		expect(connection.state).toBe('CLOSED');
		expect(transport.closes).toHaveLength(1);
	});

	test('flushes plugins from the application to the wire', async () => {
		const order: string[] = [];
		const plugin = (name: string): Plugin => ({ name, closing: () => void order.push(name) });
		const { left } = await openPair({}, () => [plugin('lower'), plugin('upper')]);
		await left.close();
		expect(order).toEqual(['upper', 'lower']);
	});

	test('terminate is over when it returns', async () => {
		const { transport, connection } = await openScripted();
		connection.terminate();
		expect(connection.state).toBe('CLOSED');
		expect(transport.terminated).toBe(1);
		expect(() => connection.send('x')).toThrow(expect.objectContaining({ code: 'CONNECTION_CLOSED' }));
	});
});

describe('send', () => {
	test('before ACTIVE is queued, bounded, and flushed before what listeners send', async () => {
		const transport = new ScriptedTransport();
		const connection = new Connection(transport, { maxQueuedBytes: 10 + 3 * 64 });
		connection.onState.on((state) => {
			if (state === 'ACTIVE') connection.send('c');
		});
		expect(connection.send('aaaaa')).toBe(false);
		expect(connection.send('bbbb')).toBe(false);
		expect(() => connection.send('too much')).toThrow(expect.objectContaining({ code: 'SEND_QUEUE_FULL' }));
		await connection.open();
		expect(transport.sent).toEqual(['aaaaa', 'bbbb', 'c']);
	});

	test('says false while the transport is busy, and drained() tells when to go on', async () => {
		const { transport, connection } = await openScripted({ maxBufferedBytes: 4 + 64 });
		transport.accept = false;
		expect(connection.send('a')).toBe(false);
		let drained = false;
		void connection.drained().then(() => {
			drained = true;
		});
		connection.send('bbbb');
		expect(() => connection.send('c')).toThrow(expect.objectContaining({ code: 'SEND_QUEUE_FULL' }));
		await settle();
		expect(drained).toBe(false);
		transport.accept = true;
		transport.sink.drained();
		await settle();
		expect(drained).toBe(true);
		expect(connection.send('d')).toBe(true);
	});

	test('counts what plugins hold back', async () => {
		let held = 300 * 1024;
		const { connection } = await openScripted({ plugins: [{ name: 'holder', heldBytes: () => held, outgoing: () => null }] });
		expect(connection.send('x')).toBe(false);
		expect(connection.bufferedBytes).toBeGreaterThanOrEqual(held);
		held = 0;
	});

	test('refuses what is not a message', async () => {
		const { connection } = await openScripted();
		expect(() => connection.send(42 as unknown as string)).toThrow(TypeError);
		expect(() => connection.send(null as unknown as string)).toThrow('got null');
	});

	test('an error of the transport reaches the sender and leaves the connection alive', async () => {
		const [a, b] = createMemoryPair({ maxMessageBytes: 10 });
		const left = new Connection(a);
		const right = new Connection(b);
		await Promise.all([left.open(), right.open()]);
		expect(() => left.send('x'.repeat(11))).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_BIG' }));
		expect(left.state).toBe('ACTIVE');
	});

	test('waiting for drained() on a connection that ends is told so', async () => {
		const { transport, connection } = await openScripted();
		transport.accept = false;
		connection.send('a');
		const drained = connection.drained();
		connection.terminate();
		await expect(drained).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
	});
});

describe('receive', () => {
	test('what nobody reads pauses the transport, and reading resumes it', async () => {
		const transport = new ScriptedTransport();
		const calls: string[] = [];
		transport.pause = () => calls.push('pause');
		transport.resume = () => calls.push('resume');
		const connection = new Connection(transport, { maxUnreadBytes: 10 * (10 + 64) });
		await connection.open();
		for (let i = 0; i < 11; i++) transport.sink.message('x'.repeat(10));
		expect(calls).toEqual(['pause']);
		const messages = connection.messages();
		for (let i = 0; i < 11; i++) await messages.next();
		expect(calls).toEqual(['pause', 'resume']);
	});

	test('where the transport cannot be paused a slow reader is closed with 4440', async () => {
		const { transport, connection } = await openScripted({ maxUnreadBytes: 10 * (10 + 64) });
		for (let i = 0; i < 11; i++) transport.sink.message('x'.repeat(10));
		expect(connection.state).toBe('FAILED');
		expect(transport.closes).toEqual([[4440, 'SLOW_READER']]);
	});

	test('a listener that throws stops neither the others nor the connection', async () => {
		const uncaught: unknown[] = [];
		const listeners = process.listeners('uncaughtException');
		process.removeAllListeners('uncaughtException');
		process.once('uncaughtException', (error) => uncaught.push(error));
		const { transport, connection } = await openScripted();
		const got: Payload[] = [];
		connection.onMessage.on(() => {
			throw new Error('mine');
		});
		connection.onMessage.on((message) => got.push(message));
		transport.sink.message('x');
		await vi.waitFor(() => expect(uncaught).toHaveLength(1), 25_000);
		for (const listener of listeners) process.on('uncaughtException', listener);
		expect(got).toEqual(['x']);
		expect(connection.state).toBe('ACTIVE');
	});

	test('on() returns its own undo', async () => {
		const { transport, connection } = await openScripted();
		const got: Payload[] = [];
		const listener = (message: Payload) => got.push(message);
		const off = connection.onMessage.on(listener);
		connection.onMessage.on(listener);
		off();
		off();
		transport.sink.message('x');
		expect(got).toEqual(['x']);
	});

	test('web streams carry messages both ways', async () => {
		const { left, right } = await openPair();
		const writer = left.writable.getWriter();
		const reader = right.readable.getReader();
		await writer.write('a');
		await writer.write(new Uint8Array([1]));
		expect(await reader.read()).toEqual({ done: false, value: 'a' });
		expect(await reader.read()).toEqual({ done: false, value: new Uint8Array([1]) });
		await writer.close();
		expect(await reader.read()).toMatchObject({ done: true });
	});
});
