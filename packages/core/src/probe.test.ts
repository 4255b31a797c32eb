import { afterEach, describe, expect, test, vi } from 'vitest';
import { Connection } from './connection.js';
import { hub, type ProbeEvent } from './probe.js';
import { settle } from './testing/fake-clock.js';
import { createMemoryPair } from './testing/memory-pair.js';

const undo: (() => void)[] = [];
afterEach(() => {
	for (const off of undo.splice(0)) off();
	hub.tap = null;
});

function record(): ProbeEvent[] {
	const events: ProbeEvent[] = [];
	undo.push(hub.subscribe((event) => events.push(event)));
	return events;
}

async function openPair() {
	const [a, b] = createMemoryPair();
	const left = new Connection(a);
	const right = new Connection(b, { initiator: false });
	await Promise.all([left.open(), right.open()]);
	return { left, right };
}

describe('a probe', () => {
	test('sees the life of a connection: ids and sizes, no payloads', async () => {
		const events = record();
		const { left, right } = await openPair();
		left.send('grüße');
		await settle();
		await left.close('bye');
		const mine = events.filter((event) => event.id === left.id);
		expect(mine.map((event) => (event.type === 'state' ? event.to : event.type))).toEqual([
			'created',
			'plugin',
			'CONNECTING',
			'CONNECTED',
			'ACTIVE',
			'sent',
			'CLOSING',
			'CLOSED',
			'closed',
		]);
		expect(mine.find((event) => event.type === 'sent')).toMatchObject({ bytes: 7, wireBytes: 7 });
		expect(events.find((event) => event.type === 'received' && event.id === right.id)).toMatchObject({ bytes: 7 });
		expect(mine.at(-1)).toMatchObject({ state: 'CLOSED', code: 1000, reason: 'bye', initiatedBy: 'local' });
		expect(JSON.stringify(events)).not.toContain('grüße');
	});

	test('sees the end of a connection that could not be made, and its transport stays whole', async () => {
		const events = record();
		const [transport] = createMemoryPair();
		const closed = vi.fn();
		const plugins = [{ name: 'a', closed }, { name: 'a' }];
		expect(() => new Connection(transport, { plugins })).toThrow(expect.objectContaining({ code: 'PLUGIN_DUPLICATE' }));
		expect(events.map(({ type }) => type)).toEqual(['created', 'plugin', 'plugin', 'error', 'state', 'closed']);
		expect(events.at(-1)).toMatchObject({ state: 'FAILED', errorCode: 'PLUGIN_DUPLICATE', initiatedBy: 'local' });
		expect(closed).toHaveBeenCalledOnce();
		const again = new Connection(transport);
		again.open().catch(() => {});
		expect(again.state).toBe('CONNECTING');
		await again.close();
	});

	test('that comes late hears of an older connection at its next event', async () => {
		const { left } = await openPair();
		const events = record();
		left.send('x');
		expect(events.map((event) => event.type)).toEqual(['created', 'plugin', 'state', 'sent']);
		expect(events[2]).toMatchObject({ to: 'ACTIVE' });
	});

	test('that comes later, after others came and went, hears of it too', async () => {
		const first = record();
		const { left } = await openPair();
		undo.pop()?.();
		const second = record();
		left.send('x');
		expect(first.filter((event) => event.id === left.id && event.type === 'created')).toHaveLength(1);
		expect(second.map((event) => event.type)).toEqual(['created', 'plugin', 'state', 'sent']);
	});

	test('that comes late hears the state that is, whatever the first event is', async () => {
		const { left } = await openPair();
		const events = record();
		left.setTags({ room: 'a' });
		expect(events.map((event) => (event.type === 'state' ? event.to : event.type))).toEqual(['created', 'plugin', 'ACTIVE', 'note']);
	});

	test('that throws is taken out, said once, and the connection goes on', async () => {
		const said = vi.spyOn(console, 'error').mockImplementation(() => {});
		const faults = hub.faults;
		const bad = vi.fn(() => {
			throw new Error('bad probe');
		});
		hub.subscribe(bad);
		const events = record();
		const { left } = await openPair();
		left.send('x');
		expect(left.state).toBe('ACTIVE');
		expect(bad).toHaveBeenCalledTimes(1);
		expect(hub.faults).toBe(faults + 1);
		expect(said).toHaveBeenCalledTimes(1);
		expect(events.some((event) => event.type === 'sent')).toBe(true);
		said.mockRestore();
	});

	test('counts per plugin, and payloads are lent only through the tap', async () => {
		const events = record();
		const lent: unknown[] = [];
		hub.tap = (id, direction, payload) => lent.push([id, direction, payload]);
		const { left, right } = await openPair();
		left.send('abc');
		await settle();
		const plugin = events.find((event) => event.type === 'plugin' && event.id === left.id);
		expect(plugin).toMatchObject({ name: 'memory', counters: { messagesOut: 1, bytesOut: 3 } });
		expect(lent).toEqual([
			[left.id, 'sent', 'abc'],
			[right.id, 'received', 'abc'],
		]);
	});

	test('is merged with a socket record a patch made before', async () => {
		const [a, b] = createMemoryPair();
		hub.sockets.set(a, { id: 'observed-1', claimedBy: null });
		const events = record();
		const left = new Connection(a);
		await Promise.all([left.open(), new Connection(b).open()]);
		expect(hub.sockets.get(a)).toEqual({ id: 'observed-1', claimedBy: left.id });
		expect(events).toContainEqual(expect.objectContaining({ type: 'claimed', id: left.id, socketId: 'observed-1' }));
	});

	test('hears of errors and of listeners that pile up', async () => {
		const events = record();
		const { left, right } = await openPair();
		for (let i = 0; i < 32; i++) left.onMessage.on(() => {});
		right.terminate();
		await settle();
		const notes = events.filter((event) => event.type === 'note').map((event) => event.note);
		expect(notes).toEqual([
			{ kind: 'listeners', on: 'message', count: 16 },
			{ kind: 'listeners', on: 'message', count: 32 },
		]);
		expect(events).toContainEqual(expect.objectContaining({ type: 'error', id: left.id, code: 'CONNECTION_LOST', kind: 'connection' }));
	});
});
