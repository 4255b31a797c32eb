import { Connection } from '@linkscope/core';
import { createMemoryPair, settle } from '@linkscope/core/testing';
import { expect, test } from 'vitest';

test('importing auto is the installation', async () => {
	expect('getConnectionInstrumentationStats' in globalThis).toBe(false);
	await import('./auto.js');
	expect('getConnectionInstrumentationStats' in globalThis).toBe(true);
	expect('getConnectionInstrumentationReport' in globalThis).toBe(true);
});

test('options that come later bring what auto does not carry', async () => {
	const { installInstrumentation } = await import('./index.js');
	const lines: string[] = [];
	const uninstall = installInstrumentation({ payloads: 'shape', exclude: ['secret'], log: { sink: (line) => lines.push(line) } });
	const [a, b] = createMemoryPair({ name: 'plain' });
	const [hidden] = createMemoryPair({ name: 'secret' });
	const [left, right, unseen] = [new Connection(a), new Connection(b, { initiator: false }), new Connection(hidden)];
	await Promise.all([left.open(), right.open()]);
	left.send('{"secret":1}');
	await settle();
	expect(lines).toContain('📤 memory message sent: {secret: number}');
	expect(lines.join()).not.toContain('memory:secret');
	for (const connection of [left, right, unseen]) connection.terminate();
	uninstall();
});
