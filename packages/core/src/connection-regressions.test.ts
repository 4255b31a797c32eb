import { expect, test } from 'vitest';
import { Connection } from './connection.js';
import type { Plugin, PluginHost } from './plugin.js';
import { createMemoryPair, FakeClock, settle } from './testing/index.js';

// Each of these once broke.
function pair(plugins: Plugin[] = [], options = {}) {
	const clock = new FakeClock();
	const [a, b] = createMemoryPair({ clock, ...options });
	const left = new Connection(a, { clock, plugins });
	const right = new Connection(b, { clock, initiator: false });
	return { clock, a, b, left, right, open: () => Promise.all([left.open(), right.open()]) };
}

test('active() runs once for an observer added while ACTIVE is told', async () => {
	const { left, open } = pair();
	let active = 0;
	left.onState.on((s) => s === 'ACTIVE' && left.addPlugin({ name: 'o', observer: true, active: () => void active++ }));
	await open();
	expect(active).toBe(1);
});

test('close() inside onState ACTIVE closes the transport', async () => {
	const { left, right, open } = pair();
	left.onState.on((s) => {
		if (s === 'ACTIVE') void left.close('at once');
	});
	await open().catch(() => {});
	await settle();
	expect(left.state).toBe('CLOSED');
	expect(right.state).toBe('CLOSED');
});

test('close() inside active() of a plugin closes the transport', async () => {
	let left!: Connection;
	const p = pair([{ name: 'p', active: () => void left.close('x') }]);
	left = p.left;
	await p.open().catch(() => {});
	await settle();
	expect(p.right.state).toBe('CLOSED');
});

test('active() is not called on a plugin that was closed', async () => {
	const log: string[] = [];
	const { open, clock } = pair([
		{
			name: 'a',
			active() {
				throw new Error('x');
			},
		},
		{ name: 'b', active: () => void log.push('active'), closed: () => void log.push('closed') },
	]);
	await open().catch(() => {});
	await settle();
	expect(log).toEqual(['closed']);
	expect(clock.pending).toBe(0);
});

test('a plugin that cannot attach is named by open(), also when others follow it', async () => {
	const { open } = pair([
		{
			name: 'a',
			attach() {
				throw new Error('no such thing here');
			},
		},
		{ name: 'b' },
	]);
	await expect(open()).rejects.toMatchObject({ code: 'PLUGIN_FAILED' });
});

test('a transport whose open() throws at once raises nothing unhandled', async () => {
	const { left, a } = pair();
	a.open = () => {
		throw new Error('sync');
	};
	await expect(left.open()).rejects.toThrow('sync');
	await settle();
	await new Promise((r) => setImmediate(r));
});

test('refused messages do not count as backlog', async () => {
	const [a, b] = createMemoryPair({ maxMessageBytes: 200_000, highWaterBytes: 10 });
	const left = new Connection(a, { maxBufferedBytes: 1_000_000 });
	const right = new Connection(b, { initiator: false });
	await Promise.all([left.open(), right.open()]);
	b.pause();
	left.send('x'.repeat(100));
	for (let i = 0; i < 6; i++) expect(() => left.send('x'.repeat(300_000))).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_BIG' }));
});

test('a close during a handshake ends the transport although the peer never answers the close', async () => {
	const { left, a, clock, open } = pair([{ name: 'h', handshake: () => new Promise(() => {}) }]);
	let terminated = false;
	a.close = () => {};
	a.terminate = () => {
		terminated = true;
	};
	void open().catch(() => {});
	await settle();
	void left.close();
	await settle();
	await clock.run(60_000);
	expect(terminated).toBe(true);
});

test('a plugin that throws in closed() is told to the probes', async () => {
	const { hub } = await import('./probe.js');
	const errors: unknown[] = [];
	const off = hub.subscribe((e) => e.type === 'error' && errors.push(e.message));
	const { left, open } = pair([
		{
			name: 'p',
			closed() {
				throw new Error('in closed');
			},
		},
	]);
	await open();
	await left.close();
	off();
	expect(errors.join()).toContain('in closed');
});

test('send() inside outgoing of a plugin, re-entered, keeps going', async () => {
	let left!: Connection;
	let n = 0;
	const p = pair([
		{
			name: 'p',
			outgoing(x) {
				if (n++ < 3) left.send('inner');
				return x;
			},
		},
	]);
	left = p.left;
	const got: unknown[] = [];
	p.right.onMessage.on((m) => got.push(m));
	await p.open();
	left.send('outer');
	await settle();
	expect(got).toHaveLength(4);
});

test('fail() inside attach, deliverUp before open, sendDown before open', async () => {
	const { left, clock } = pair();
	let host!: PluginHost;
	left.addPlugin({
		name: 'p',
		attach: (h) => {
			host = h;
		},
	});
	host.deliverUp('early');
	const sent = host.sendDown('early');
	host.fail(new Error('x'));
	await clock.run(10_000);
	expect(left.state).toBe('FAILED');
	expect(clock.pending).toBe(0);
	expect(sent).toBe(false);
});

test('a listener that throws does not stop the burst, and a removed plugin cannot send', async () => {
	const { left, open } = pair();
	let host!: PluginHost;
	left.addPlugin({
		name: 'o',
		observer: true,
		attach: (h) => {
			host = h;
		},
	});
	await open();
	left.removePlugin('o');
	expect(host.sendDown('x')).toBe(false);
	expect(left.send('next')).toBe(true);
	await left.drained();
});
