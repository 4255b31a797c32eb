import { Connection } from '@linkscope/core';
import { createMemoryPair, FakeClock } from '@linkscope/core/testing';
import { expect, test } from 'vitest';
import { NetworkPlugin } from './network.js';

test("a real page's navigator is read, and nothing of Node is asked for", () => {
	const clock = new FakeClock();
	const plugin = new NetworkPlugin();
	const connection = new Connection(createMemoryPair({ clock })[0], { clock, plugins: [plugin] });
	expect(plugin.status.online).toBe(navigator.onLine);
	connection.terminate();
	expect(clock.pending).toBe(0);
});
