import { expect, test } from 'vitest';
import { Connection } from './connection.js';
import { PluginError, TransportError } from './errors.js';
import type { Payload } from './payload.js';
import type { Plugin, PluginHost } from './plugin.js';
import { createMemoryPair, FakeClock, settle } from './testing/index.js';

/** Hands on what arrives when told to, as an asynchronous transform does. */
class SlowPlugin implements Plugin {
	readonly name = 'slow';
	host!: PluginHost;
	private readonly held: Payload[] = [];
	private done = (): void => {};

	attach(host: PluginHost): void {
		this.host = host;
	}

	incoming(payload: Payload): null {
		this.held.push(payload);
		return null;
	}

	ending(): Promise<void> | undefined {
		if (this.held.length === 0) return undefined;
		return new Promise((resolve) => {
			this.done = resolve;
		});
	}

	release(): void {
		for (const payload of this.held.splice(0)) this.host.deliverUp(payload);
		this.done();
	}
}

async function openPair(plugin: Plugin) {
	const clock = new FakeClock();
	const [a, b] = createMemoryPair({ clock });
	const left = new Connection(a, { clock });
	const right = new Connection(b, { clock, initiator: false, plugins: [plugin] });
	await Promise.all([left.open(), right.open()]);
	const received: Payload[] = [];
	right.onMessage.on((message) => received.push(message));
	return { clock, a, b, left, right, received };
}

test('what a plugin still holds when the peer closes is delivered before the end', async () => {
	const slow = new SlowPlugin();
	const { clock, left, right, received } = await openPair(slow);
	left.send('last words');
	await left.close('bye');
	await settle();
	expect(right.state).toBe('CLOSING');
	expect(() => right.send('too late')).toThrow(expect.objectContaining({ code: 'CONNECTION_CLOSED' }));
	slow.release();
	await settle();
	expect(received).toEqual(['last words']);
	expect(right.state).toBe('CLOSED');
	expect(right.closeInfo).toMatchObject({ code: 1000, reason: 'bye', initiatedBy: 'remote' });
	expect(clock.pending).toBe(0);
});

test('a plugin that never lets go of its last messages puts the end off by the close bound only', async () => {
	const { clock, left, right } = await openPair(new SlowPlugin());
	left.send('never delivered');
	await left.close();
	await clock.run(5_000);
	expect(right.state).toBe('CLOSED');
	expect(clock.pending).toBe(0);
});

test('close() and terminate() finish while the last messages are delivered', async () => {
	const slow = new SlowPlugin();
	const { left, right } = await openPair(slow);
	left.send('x');
	await left.close();
	await settle();
	const closed = right.close();
	slow.release();
	await closed;
	expect(right.state).toBe('CLOSED');

	const other = await openPair(new SlowPlugin());
	other.left.send('x');
	await other.left.close();
	await settle();
	other.right.terminate();
	expect(other.right.state).toBe('CLOSED');
});

test('a plugin that fails while it delivers its last messages ends the connection and leaves no timer', async () => {
	const slow = new SlowPlugin();
	const { clock, left, right } = await openPair(slow);
	left.send('x');
	await left.close();
	await settle();
	slow.host.fail(new PluginError('MALFORMED_FRAME', 'the last message was malformed'));
	await settle();
	expect(right.state).toBe('FAILED');
	expect(clock.pending).toBe(0);
});

test('a lost connection is FAILED after its last messages were delivered too', async () => {
	const slow = new SlowPlugin();
	const { left, right, received } = await openPair(slow);
	left.send('x');
	await settle();
	left.terminate();
	await settle();
	slow.release();
	await settle();
	expect(received).toEqual(['x']);
	expect(right.state).toBe('FAILED');
});

test.each(['MESSAGE_TOO_BIG', 'SEND_QUEUE_FULL'])('a plugin refuses one message with %s, and the connection goes on', async (code) => {
	const picky: Plugin = {
		name: 'picky',
		outgoing(payload) {
			if (payload.length > 3) throw new TransportError(code, 'at most 3');
			return payload;
		},
	};
	const { left, right } = await openPair(picky);
	const received: Payload[] = [];
	left.onMessage.on((message) => received.push(message));
	expect(() => right.send('four')).toThrow(expect.objectContaining({ code }));
	right.send('abc');
	await settle();
	expect(received).toEqual(['abc']);
});

test('what a plugin lets go of when something arrives ends the wait for drained()', async () => {
	let heldBytes = 1_000_000;
	const keeper: Plugin = {
		name: 'keeper',
		heldBytes: () => heldBytes,
		incoming() {
			heldBytes = 0;
			return null;
		},
	};
	const { left, right } = await openPair(keeper);
	expect(right.send('x')).toBe(false);
	let drained = false;
	void right.drained().then(() => {
		drained = true;
	});
	await settle();
	expect(drained).toBe(false);
	left.send('acknowledged');
	await settle();
	expect(drained).toBe(true);
});

test('a plugin may end its connection in good order', async () => {
	const slow = new SlowPlugin();
	const { right } = await openPair(slow);
	slow.host.close('New connection replaced old one');
	await settle();
	expect(right.closeInfo).toMatchObject({ code: 1000, reason: 'New connection replaced old one' });
	expect(right.state).toBe('CLOSED');
});

test('the transport reads on when everybody who stopped it lets it', async () => {
	const slow = new SlowPlugin();
	const { b, right } = await openPair(slow);
	const paused = () => (b as unknown as { paused: boolean }).paused;
	slow.host.pause();
	slow.host.pause();
	expect(paused()).toBe(true);
	slow.host.resume();
	expect(paused()).toBe(false);
	slow.host.resume();
	expect(right.state).toBe('ACTIVE');
});

test('a plugin may call a clean end a failure: how the wire ended stays, with its error', async () => {
	const ended: unknown[] = [];
	const strict: Plugin = {
		name: 'strict',
		ending(info) {
			ended.push(info);
			throw new TransportError('STREAM_TRUNCATED', 'no goodbye');
		},
	};
	const { left, right, clock } = await openPair(strict);
	await left.close('bye');
	await settle();
	const told = { code: 1000, reason: 'bye', initiatedBy: 'remote' };
	expect(ended).toEqual([{ ...told, wasClean: true }]);
	expect(right.state).toBe('FAILED');
	expect(right.closeInfo).toMatchObject({ ...told, wasClean: false, error: { code: 'STREAM_TRUNCATED' } });
	expect(clock.pending).toBe(0);
});

test('a plugin knows what the transport takes, once it is open', async () => {
	const [a, b] = createMemoryPair({ maxMessageBytes: 5000 });
	const plugin = new SlowPlugin();
	await Promise.all([new Connection(a).open(), new Connection(b, { initiator: false, plugins: [plugin] }).open()]);
	expect(plugin.host.maxMessageBytes).toBe(5000);
});

test('what arrived before a connection that failed became ACTIVE is delivered to nobody', async () => {
	const [a, b] = createMemoryPair({ delivery: 'burst' });
	const left = new Connection(a);
	const picky: Plugin = {
		name: 'picky',
		active() {
			throw new TransportError('STREAM_TRUNCATED', 'not this one');
		},
	};
	const slow: Plugin = { name: 'slow', handshake: () => settle(60) };
	const right = new Connection(b, { initiator: false, plugins: [picky, slow] });
	const received: Payload[] = [];
	right.onMessage.on((message) => received.push(message));
	left.send('from a stranger');
	void left.open();
	await expect(right.open()).rejects.toMatchObject({ code: 'STREAM_TRUNCATED' });
	await settle();
	expect(received).toEqual([]);
	await expect(right.messages().next()).rejects.toMatchObject({ code: 'STREAM_TRUNCATED' });
});
