import { networkInterfaces } from 'node:os';
import { Connection, hub, type Note } from '@linkscope/core';
import { createMemoryPair, FakeClock, settle } from '@linkscope/core/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { NetworkPlugin } from './network.js';
import { type NetworkChange, NetworkMonitor } from './network-monitor.js';
import { interfaceSource, platformSource } from './network-source.js';

const undo: (() => void)[] = [];
afterEach(() => {
	for (const fn of undo.splice(0)) fn();
});

const lo = [{ internal: true }];
const eth = [{ internal: false }];

async function openWith(interfaces: () => Record<string, { internal: boolean }[]>) {
	const clock = new FakeClock();
	const notes: Note[] = [];
	undo.push(hub.subscribe((event) => event.type === 'note' && notes.push(event.note)));
	const plugin = new NetworkPlugin({ monitor: new NetworkMonitor(clock, { source: interfaceSource(interfaces) }) });
	const [a, b] = createMemoryPair({ clock });
	const left = new Connection(a, { clock, plugins: [plugin] });
	const right = new Connection(b, { clock, initiator: false });
	const changes: NetworkChange[] = [];
	plugin.onChange.on((change) => changes.push(change));
	await Promise.all([left.open(), right.open()]);
	return { clock, notes, plugin, left, changes };
}

describe('the network in Node', () => {
	test('the loss of the last interface and its return are told to the application and the instrumentation', async () => {
		let interfaces: Record<string, { internal: boolean }[]> = { lo, eth0: eth };
		const { clock, notes, plugin, left, changes } = await openWith(() => interfaces);
		await clock.run(20_000);
		expect(changes).toEqual([]);
		interfaces = { lo };
		await clock.run(5_000);
		expect(plugin.status).toEqual({ online: false });
		interfaces = { lo, wlan0: eth };
		await clock.run(5_000);
		expect(changes).toEqual([
			{ kind: 'network', online: false },
			{ kind: 'network', online: true },
		]);
		expect(notes).toEqual(changes);
		expect(left.state).toBe('ACTIVE');
	});

	test('a machine with loopback alone is not offline: nothing was lost', async () => {
		const { clock, changes, plugin } = await openWith(() => ({ lo }));
		await clock.run(60_000);
		expect(changes).toEqual([]);
		expect(plugin.status.online).toBe(true);
	});

	test('a platform that refuses to tell is no news', async () => {
		const { clock, changes, left } = await openWith(() => {
			throw new Error('EPERM');
		});
		await clock.run(60_000);
		expect(changes).toEqual([]);
		expect(left.state).toBe('ACTIVE');
	});

	test("the platform's own source is the interfaces of the operating system", () => {
		expect(Object.keys(networkInterfaces()).length).toBeGreaterThan(0);
		expect(platformSource()?.read()).toEqual({ online: true });
	});
});

describe('suspension', () => {
	test('a tick that comes much too late is reported as suspended, and the connection lives', async () => {
		const { clock, changes, left } = await openWith(() => ({ lo, eth0: eth }));
		await clock.run(12_000);
		clock.suspend(3_600_000);
		await settle();
		expect(changes).toEqual([{ kind: 'suspended', driftMs: 3_597_000 }]);
		expect(left.state).toBe('ACTIVE');
		await clock.run(60_000);
		expect(changes).toHaveLength(1);
	});

	test('a tick that is a little late is not', async () => {
		const { clock, changes } = await openWith(() => ({ lo, eth0: eth }));
		clock.suspend(9_000);
		expect(changes).toEqual([]);
	});
});

describe('many connections', () => {
	test('share one timer on a clock, and none is left when the last has ended', async () => {
		const clock = new FakeClock();
		const monitor = NetworkMonitor.on(clock);
		expect(NetworkMonitor.on(clock)).toBe(monitor);
		const connections = Array.from({ length: 100 }, () => new Connection(createMemoryPair({ clock })[0], { clock, plugins: [new NetworkPlugin()] }));
		expect(clock.pending).toBe(1);
		for (const connection of connections.slice(1)) connection.terminate();
		expect(clock.pending).toBe(1);
		connections[0]?.terminate();
		expect(clock.pending).toBe(0);
		new Connection(createMemoryPair({ clock })[0], { clock, plugins: [new NetworkPlugin()] }).removePlugin('network');
		expect(clock.pending).toBe(0);
	});

	test('a listener that leaves while a change is told harms nobody', async () => {
		const clock = new FakeClock();
		let online = true;
		const monitor = new NetworkMonitor(clock, { source: { read: () => ({ online }) } });
		const heard: string[] = [];
		const off = monitor.subscribe(() => off());
		const rest = monitor.subscribe(() => {
			heard.push('second');
			rest();
		});
		online = false;
		await clock.run(5_000);
		expect(heard).toEqual(['second']);
		expect(clock.pending).toBe(0);
	});

	test.each([Number.NaN, -1, 0])('tickMs %d is a RangeError', (tickMs) => {
		expect(() => new NetworkMonitor(new FakeClock(), { tickMs })).toThrow(/tickMs/);
	});
});
