import type { Payload } from '@linkscope/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ResendBuffer } from './resend-buffer.js';

const MIB = 1024 * 1024;

test('whatever is pushed, sent, acknowledged and sent again, it is the model of a plain list', () => {
	const command = fc.tuple(fc.constantFrom('push', 'send', 'acknowledge', 'resume', 'refused'), fc.nat(3_000));
	fc.assert(
		fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
			const buffer = new ResendBuffer(64 * MIB);
			const all: string[] = [];
			let acknowledged = 0;
			let sent = 0;
			const push = (): void => {
				buffer.push(`${all.length}`);
				all.push(`${all.length}`);
			};
			const send = (): void => expect(buffer.next()).toBe(all[sent++]);
			for (const [what, size] of commands) {
				if (what === 'push') for (let i = 0; i < size; i++) push();
				if (what === 'send') for (let i = 0; i < size && sent < all.length; i++) send();
				if (what === 'acknowledge' || what === 'resume') {
					acknowledged = Math.min(acknowledged + size, sent);
					buffer[what](acknowledged);
					if (what === 'resume') sent = acknowledged;
				}
				if (what === 'refused') {
					push();
					// Refused by the transport where nothing waited before it.
					if (sent === all.length - 1) buffer.next();
					buffer.withdraw();
					all.pop();
				}
				expect([buffer.acknowledged, buffer.sent, buffer.waiting]).toEqual([acknowledged, sent, all.length - sent]);
				const bytes = (list: string[]): number => list.reduce((sum, text) => sum + text.length + 64, 0);
				expect(buffer.bytes).toBe(bytes(all.slice(acknowledged)));
				expect(buffer.pressureBytes).toBe(bytes(all.slice(sent)));
			}
			expect(buffer.clear()).toEqual(all.slice(acknowledged));
			expect([buffer.bytes, buffer.waiting]).toEqual([0, 0]);
		}),
		{ numRuns: 60 },
	);
});

test('only what can be is possible: not fewer than before, not more than was sent', () => {
	const buffer = new ResendBuffer(MIB);
	for (const message of ['1', '2', '3'] as Payload[]) buffer.push(message);
	buffer.next();
	buffer.next();
	buffer.acknowledge(1);
	expect([0, 1, 2, 3].map((count) => buffer.isPossible(count))).toEqual([false, true, true, false]);
});
