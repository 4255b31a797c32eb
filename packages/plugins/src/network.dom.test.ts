import { Connection } from '@linkscope/core';
import { createMemoryPair, FakeClock } from '@linkscope/core/testing';
import { afterEach, expect, test, vi } from 'vitest';
import { NetworkPlugin } from './network.js';
import type { NetworkChange } from './network-monitor.js';

afterEach(() => vi.unstubAllGlobals());

/** A page's navigator, as chromium has it. */
class FakeConnection extends EventTarget {
	type: string | undefined = 'wifi';
	effectiveType = '4g';
}

function observe(navigator: { onLine: boolean; connection?: FakeConnection }) {
	vi.stubGlobal('navigator', navigator);
	const clock = new FakeClock();
	const plugin = new NetworkPlugin();
	const connection = new Connection(createMemoryPair({ clock })[0], { clock, plugins: [plugin] });
	const changes: NetworkChange[] = [];
	plugin.onChange.on((change) => changes.push(change));
	return { clock, plugin, connection, changes };
}

test('offline and online events are told at once', () => {
	const navigator = { onLine: true };
	const { changes, plugin } = observe(navigator);
	navigator.onLine = false;
	globalThis.dispatchEvent(new Event('offline'));
	expect(plugin.status.online).toBe(false);
	navigator.onLine = true;
	globalThis.dispatchEvent(new Event('online'));
	expect(changes).toEqual([
		{ kind: 'network', online: false, connectionType: undefined },
		{ kind: 'network', online: true, connectionType: undefined },
	]);
});

test('a change of the connection type is told; without a type the effective one stands in', () => {
	const connection = new FakeConnection();
	const { changes, plugin } = observe({ onLine: true, connection });
	expect(plugin.status).toEqual({ online: true, connectionType: 'wifi' });
	connection.type = 'cellular';
	connection.dispatchEvent(new Event('change'));
	connection.type = undefined;
	connection.dispatchEvent(new Event('change'));
	expect(changes.map((change) => change.kind === 'network' && change.connectionType)).toEqual(['cellular', '4g']);
});

test('after the end nothing listens and no timer runs', () => {
	const navigator = { onLine: true };
	const { clock, connection, changes } = observe(navigator);
	connection.terminate();
	navigator.onLine = false;
	globalThis.dispatchEvent(new Event('offline'));
	expect(changes).toEqual([]);
	expect(clock.pending).toBe(0);
});
