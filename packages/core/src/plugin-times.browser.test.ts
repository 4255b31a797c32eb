import { expect, test } from 'vitest';
import { Connection } from './connection.js';
import { hub, type PluginCounters } from './probe.js';
import { createMemoryPair } from './testing/memory-pair.js';

test("no time of a plugin is told by a browser's coarse clock: one of its ticks would look like 100,000 ns", async () => {
	const counters: PluginCounters[] = [];
	const off = hub.subscribe((event) => {
		if (event.type === 'plugin') counters.push(event.counters);
	});
	const [a, b] = createMemoryPair();
	const left = new Connection(a, { plugins: [{ name: 'through', outgoing: (payload) => payload }] });
	await Promise.all([left.open(), new Connection(b, { initiator: false }).open()]);
	for (let i = 0; i < 300; i++) left.send('x');
	off();
	left.terminate();
	expect(counters.some(({ messagesOut }) => messagesOut === 300)).toBe(true);
	expect(counters.every(({ nsPerMessage }) => nsPerMessage === null)).toBe(true);
});
