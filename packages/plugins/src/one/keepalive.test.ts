import { Connection, type Payload } from '@linkscope/core';
import { createMemoryPair, FakeClock, settle } from '@linkscope/core/testing';
import { expect, test } from 'vitest';
import { face } from './fixtures/hostile.js';
import { OneKeepalivePlugin } from './keepalive.js';

const sent = (wire: Payload[]): number => wire.filter((frame) => frame === 'keepalive').length;

test('says keepalive after 20 s without sending, and each 20 s after that', async () => {
	const faced = await face([new OneKeepalivePlugin()], true);
	const alive = setPeerAlive(faced);
	await alive(19_999);
	expect(sent(faced.wire)).toBe(0);
	await alive(1);
	expect(sent(faced.wire)).toBe(1);
	await alive(40_000);
	expect(sent(faced.wire)).toBe(3);
});

test('a message sent puts it off', async () => {
	const faced = await face([new OneKeepalivePlugin()], true);
	const alive = setPeerAlive(faced);
	await alive(15_000);
	faced.ours.send('message');
	await alive(19_999);
	expect(sent(faced.wire)).toBe(0);
	await alive(1);
	expect(sent(faced.wire)).toBe(1);
});

test('25 s of silence end it: 1000 and the words of the protocol for the peer, HEARTBEAT_TIMEOUT for us', async () => {
	const faced = await face([new OneKeepalivePlugin()], true);
	await faced.clock.run(24_999);
	expect(faced.ours.state).toBe('ACTIVE');
	await faced.clock.run(1);
	expect(faced.ours.closeInfo).toMatchObject({ error: { code: 'HEARTBEAT_TIMEOUT' } });
	expect(faced.ours.state).toBe('FAILED');
	expect(faced.theirs.closeInfo).toMatchObject({ code: 1000, reason: 'Terminate called: Keepalive: No lifesign of the other side' });
	expect(faced.clock.pending).toBe(0);
});

test('anything received is a sign of life, and a keepalive is never a message', async () => {
	const faced = await face([new OneKeepalivePlugin()], true);
	for (const frame of ['keepalive', 'message', new Uint8Array(3), 'keepalive']) {
		await faced.clock.run(24_000);
		await faced.send(frame);
	}
	expect(faced.ours.state).toBe('ACTIVE');
	expect(faced.received).toEqual(['message', new Uint8Array(3)]);
});

test('after a sleep the socket is looked at once more before the peer counts as gone', async () => {
	const faced = await face([new OneKeepalivePlugin()], true);
	faced.clock.suspend(3_600_000);
	expect(faced.ours.state).toBe('ACTIVE');
	await faced.send('still there');
	await faced.clock.run(1_000);
	expect(faced.ours.state).toBe('ACTIVE');
	faced.clock.suspend(3_600_000);
	await faced.clock.run(1_000);
	expect(faced.ours.state).toBe('FAILED');
});

test('two of ours keep each other alive for a day, and leave no timer', async () => {
	const clock = new FakeClock();
	const [a, b] = createMemoryPair({ clock });
	const left = new Connection(a, { clock, plugins: [new OneKeepalivePlugin()] });
	const right = new Connection(b, { clock, plugins: [new OneKeepalivePlugin()], initiator: false });
	await Promise.all([left.open(), right.open()]);
	await clock.run(24 * 3_600_000);
	expect([left.state, right.state]).toEqual(['ACTIVE', 'ACTIVE']);
	await left.close();
	await settle();
	expect(clock.pending).toBe(0);
});

/** Time passes, second by second where it is long, with a peer that always says something. */
function setPeerAlive(faced: Awaited<ReturnType<typeof face>>): (ms: number) => Promise<void> {
	return async (ms) => {
		for (let left = ms; left > 0; left -= 1_000) {
			await faced.send('alive');
			await faced.clock.run(Math.min(left, 1_000));
		}
	};
}
