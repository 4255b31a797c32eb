import { expect, test } from 'vitest';
import { Connection } from './connection.js';
import { createMemoryPair } from './testing/memory-pair.js';

test('two connections over a memory pair exchange text and bytes', async () => {
	const [a, b] = createMemoryPair();
	const left = new Connection(a);
	const right = new Connection(b, { initiator: false });
	await Promise.all([left.open(), right.open()]);
	const got: unknown[] = [];
	right.onMessage.on((message) => got.push(message));
	left.send('hello');
	left.send(new Uint8Array([1, 2, 3]));
	await left.close('done');
	expect(got).toEqual(['hello', new Uint8Array([1, 2, 3])]);
	expect(left.state).toBe('CLOSED');
	expect(right.closeInfo).toMatchObject({ code: 1000, reason: 'done', initiatedBy: 'remote' });
});
