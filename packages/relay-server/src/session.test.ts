import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Client } from './fixtures/client.js';
import { startRelay } from './fixtures/relay.js';

// FIN and opcode, mask and length; the key of the mask is zero, so what follows stands as it is.
const masked = (...head: number[]): Buffer => Buffer.concat([Buffer.from(head), Buffer.alloc(4)]);

describe('a frame that nobody may send is refused and counted:', () => {
	test.each([
		['bytes', Buffer.concat([masked(0x82, 0x81), Buffer.of(1)]), '4400 MALFORMED_FRAME'],
		['a text of more than 4 KiB', Buffer.concat([masked(0x81, 0xfe, 0x10, 0x01), Buffer.alloc(4_097, 'x')]), '4409 MESSAGE_TOO_BIG'],
		['a ping of 126 bytes', Buffer.concat([masked(0x89, 0xfe, 0, 126), Buffer.alloc(126)]), '1002 MALFORMED_FRAME'],
		['a ping in fragments', masked(0x09, 0x80), '1002 MALFORMED_FRAME'],
		['a close of one byte', Buffer.concat([masked(0x88, 0x81), Buffer.of(3)]), '1002 MALFORMED_FRAME'],
		['an unmasked text', Buffer.of(0x81, 1, 0x41), '1002 MALFORMED_FRAME'],
		['reserved bits', masked(0xc1, 0x80), '1002 MALFORMED_FRAME'],
		['an opcode nobody knows', masked(0x83, 0x80), '1002 MALFORMED_FRAME'],
	])('%s', async (_, frame, expected) => {
		const { url, relay, metric } = await startRelay();
		const client = await Client.dial(url);
		// Below ws, which sends nothing of the kind.
		(client.socket as unknown as { _socket: Socket })._socket.write(frame);
		expect(await client.end()).toBe(expected);
		expect(await metric(`refusals_total{code="${expected.slice(5)}"}`)).toBe(1);
		await expect.poll(() => relay.counts.connections).toBe(0);
	});
});
