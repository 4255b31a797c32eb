import { describe, expect, test } from 'vitest';
import { Connection } from './connection.js';
import type { Payload } from './payload.js';
import type { Plugin, PluginHost } from './plugin.js';
import { FakeClock, settle } from './testing/fake-clock.js';
import { createMemoryPair } from './testing/memory-pair.js';

function pair(plugins: Plugin[], options: { clock?: FakeClock } = {}) {
	const [a, b] = createMemoryPair();
	const left = new Connection(a, { plugins, ...options });
	const right = new Connection(b, { initiator: false });
	return { left, right, open: () => Promise.all([left.open(), right.open()]) };
}

const tag = (name: string): Plugin => ({ name, outgoing: (payload) => `${payload as string}${name}` });

describe('order', () => {
	test('after is nearer the application, before nearer the wire', async () => {
		const { left, right, open } = pair([tag('b')]);
		left.addPlugin(tag('d'));
		left.addPlugin(tag('c'), { after: 'b' });
		left.addPlugin(tag('a'), { before: 'b' });
		left.addPlugin(tag('0'), { after: 'memory' });
		expect(left.plugins).toEqual(['memory', '0', 'a', 'b', 'c', 'd']);
		await open();
		const got: Payload[] = [];
		right.onMessage.on((message) => got.push(message));
		left.send('');
		await settle();
		expect(got).toEqual(['dcba0']);
	});

	test('a mistake in placing is a clear error and changes nothing', async () => {
		const { left, open } = pair([tag('a')]);
		expect(() => left.addPlugin(tag('x'), { after: 'encryption' })).toThrow(
			expect.objectContaining({ code: 'PLUGIN_UNKNOWN_ANCHOR', message: expect.stringContaining('memory, a') }),
		);
		expect(() => left.addPlugin(tag('x'), { before: 'memory' })).toThrow(expect.objectContaining({ code: 'PLUGIN_UNKNOWN_ANCHOR' }));
		expect(() => left.addPlugin(tag('x'), { before: 'a', after: 'a' })).toThrow(TypeError);
		expect(() => left.addPlugin(tag('a'))).toThrow(expect.objectContaining({ code: 'PLUGIN_DUPLICATE' }));
		expect(() => left.removePlugin('nothing')).toThrow(expect.objectContaining({ code: 'PLUGIN_NOT_FOUND' }));
		expect(() => left.removePlugin('memory')).toThrow(expect.objectContaining({ code: 'PLUGIN_NOT_FOUND' }));
		await open();
		expect(() => left.addPlugin(tag('x'))).toThrow(expect.objectContaining({ code: 'PLUGIN_TOO_LATE' }));
		expect(() => left.removePlugin('a')).toThrow(expect.objectContaining({ code: 'PLUGIN_TOO_LATE' }));
		expect(left.plugins).toEqual(['memory', 'a']);
	});

	test('what is no plugin, or serves a connection already, is refused by name', () => {
		class SomePlugin {
			name = 'some';
		}
		const { left, right } = pair([]);
		expect(() => left.addPlugin(SomePlugin as never)).toThrow('pass new SomePlugin()');
		expect(() => left.addPlugin('x' as never)).toThrow(TypeError);
		expect(() => pair((() => []) as never)).toThrow('plugins must be an array');
		const plugin = new SomePlugin();
		left.addPlugin(plugin);
		expect(() => right.addPlugin(plugin)).toThrow(expect.objectContaining({ code: 'PLUGIN_REUSED' }));
	});

	test('observers come and go while messages flow', async () => {
		const { left, open } = pair([]);
		await open();
		const seen: Payload[] = [];
		let host: PluginHost | undefined;
		const observer: Plugin = {
			name: 'watcher',
			observer: true,
			attach: (given) => {
				host = given;
			},
			outgoing: (payload) => {
				seen.push(payload);
				return payload;
			},
		};
		left.addPlugin(observer);
		left.send('a');
		left.removePlugin('watcher');
		left.send('b');
		expect(seen).toEqual(['a']);
		expect(host?.sendDown('from the grave')).toBe(false);
	});
});

describe('a plugin that misbehaves fails its own connection and nobody else', () => {
	const hooks: [string, Partial<Plugin>][] = [
		['attach', { attach: () => explode() }],
		['handshake', { handshake: async () => explode() }],
		['active', { active: () => explode() }],
		['outgoing', { outgoing: () => explode() }],
	];
	test.each(hooks)('%s throws', async (_, hook) => {
		const bystander = pair([]);
		await bystander.open();
		const { left, right } = pair([{ name: 'bad', ...hook }]);
		right.open().catch(() => {});
		const outcome = left.open().then(() => left.send('x'));
		await expect(outcome).rejects.toMatchObject({ message: expect.stringContaining('bad') });
		expect(left.state).toBe('FAILED');
		expect(bystander.left.state).toBe('ACTIVE');
	});

	test('incoming throws: the peer is told 4500', async () => {
		const { left, right, open } = pair([{ name: 'bad', incoming: () => explode() }]);
		await open();
		right.send('x');
		await settle();
		expect(left.state).toBe('FAILED');
		expect(right.closeInfo).toMatchObject({ code: 4500, reason: 'PLUGIN_FAILED' });
	});

	test('a handshake that never settles times out and aborts its signal', async () => {
		const clock = new FakeClock();
		let aborted = false;
		const { left, right } = pair(
			[
				{
					name: 'stuck',
					handshake: (wire) => {
						wire.signal.addEventListener('abort', () => {
							aborted = true;
						});
						return new Promise(() => {});
					},
				},
			],
			{ clock },
		);
		void right.open();
		const failed = expect(left.open()).rejects.toMatchObject({
			code: 'HANDSHAKE_TIMEOUT',
			message: expect.stringMatching(/^stuck: .* is slow, or has no stuck$/),
		});
		await clock.run(10_000);
		await failed;
		expect(aborted).toBe(true);
		await settle();
		expect(right.closeInfo).toMatchObject({ code: 4408 });
	});

	test('read() of a closing connection rejects', async () => {
		let reading: Promise<Payload> | undefined;
		const { left, right } = pair([
			{
				name: 'reader',
				async handshake(wire) {
					reading = wire.read();
					await reading;
				},
			},
		]);
		void right.open();
		const opened = left.open();
		opened.catch(() => {});
		await settle();
		await left.close();
		await expect(reading).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
	});

	test('more early frames than the inbox holds ends the connection, not the process', async () => {
		const { left, right } = pair([{ name: 'deaf', handshake: () => new Promise(() => {}) }]);
		const opened = left.open();
		const failed = expect(opened).rejects.toMatchObject({ code: 'HANDSHAKE_INBOX_FULL' });
		await right.open();
		// One message may exceed it at once: pausing the transport comes too late for that.
		right.send(new Uint8Array(300 * 1024));
		await failed;
	});

	test('a plugin that needs an ordered transport is refused by one that is not', async () => {
		const [a, b] = createMemoryPair({ reorderRate: 0.5 });
		void new Connection(b).open().catch(() => {});
		await expect(new Connection(a, { plugins: [{ name: 'picky', needs: { ordered: true } }] }).open()).rejects.toMatchObject({ code: 'PLUGIN_NEEDS' });
	});
});

describe('a plugin above one that seals', () => {
	test('hears from sendDown() that the transport is busy, and from drained() that it is not', async () => {
		let host: PluginHost | undefined;
		let below: PluginHost | undefined;
		let drained = 0;
		const sealing: Plugin = {
			name: 'sealing',
			attach: (given) => {
				below = given;
			},
			// Takes the message and sends what it made of it: the chain above learns nothing by that.
			outgoing(payload) {
				below?.sendDown(payload);
				return null;
			},
		};
		const upper: Plugin = {
			name: 'upper',
			attach: (given) => {
				host = given;
			},
			drained: () => {
				drained++;
			},
		};
		const { left, open } = pair([sealing, upper]);
		await open();
		expect(host?.sendDown('small')).toBe(true);
		await settle();
		expect(host?.sendDown('x'.repeat(100_000))).toBe(false);
		// Whatever is sent before it is drained.
		expect(host?.sendDown('small')).toBe(false);
		await settle();
		expect(drained).toBe(1);
		expect(host?.sendDown('small')).toBe(true);
		await left.close();
	});
});

describe('an asynchronous transform', () => {
	test('re-injects in order and is flushed by close()', async () => {
		let host: PluginHost;
		let last: Promise<void> = Promise.resolve();
		const slow: Plugin = {
			name: 'slow',
			attach: (given) => {
				host = given;
			},
			outgoing(payload) {
				last = last.then(async () => {
					await settle(3);
					host.sendDown(payload);
				});
				return null;
			},
			closing: () => last,
		};
		const { left, right, open } = pair([slow]);
		await open();
		const got: Payload[] = [];
		right.onMessage.on((message) => got.push(message));
		for (let i = 0; i < 10; i++) left.send(`${i}`);
		await left.close();
		expect(got).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
	});
});

function explode(): never {
	throw new Error('boom');
}
