import { expect, test } from 'vitest';
import { type DroppedMessage, HeldMessages } from './held-messages.js';

test('what is given back is first again, and the first to give way', () => {
	const dropped: DroppedMessage[] = [];
	const held = new HeldMessages(3 * 65, 'drop-oldest', (message) => dropped.push(message));
	for (const text of ['a', 'b', 'c']) held.push(text);
	held.giveBack(held.shift() as string);
	expect(held.bytes).toBe(3 * 65);
	held.push('d');
	expect(dropped).toEqual([{ payload: 'a', reason: 'overflow' }]);
	held.giveBack(held.shift() as string);
	expect([held.shift(), held.shift(), held.shift(), held.shift()]).toEqual(['b', 'c', 'd', undefined]);
	expect(held.bytes).toBe(0);
});

test('an empty message is a message', () => {
	const dropped: DroppedMessage[] = [];
	const held = new HeldMessages(64, 'reject', (message) => dropped.push(message));
	held.push('');
	expect(() => held.push('')).toThrow(expect.objectContaining({ code: 'SEND_QUEUE_FULL' }));
	held.giveBack(held.shift() as string);
	held.dropAll();
	expect(dropped).toEqual([{ payload: '', reason: 'over' }]);
	expect(held.bytes).toBe(0);
});
