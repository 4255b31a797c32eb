import { Connection } from '@linkscope/core';
import { createMemoryPair, FakeClock } from '@linkscope/core/testing';
import { PingPongPlugin } from '@linkscope/plugins';
import { ReconnectingLink } from '@linkscope/resilience';
import { expect, test } from 'vitest';

const INTERVAL_MS = 30_000;

function world() {
	const clock = new FakeClock();
	const pauses: (() => void)[] = [];
	const link = new ReconnectingLink(
		async ({ link: info, signal }) => {
			const [near, far] = createMemoryPair({ clock });
			pauses.push(() => far.pause());
			const peer = new Connection(far, { clock, initiator: false, plugins: [new PingPongPlugin({ ping: false })] });
			peer.onMessage.on(() => {});
			peer.open().catch(() => {});
			const connection = new Connection(near, { clock, link: info, plugins: [new PingPongPlugin({ intervalMs: INTERVAL_MS })] });
			await connection.open(signal);
			return connection;
		},
		{ clock },
	);
	void link.open();
	return { clock, link, stall: () => pauses.at(-1)?.() };
}

test('a peer that is gone without a word is found within two pings, and replaced at once', async () => {
	const { clock, link, stall } = world();
	await clock.run(100_000);
	const first = link.connection;
	stall();
	await clock.run(2 * INTERVAL_MS);
	expect(first?.closeInfo?.error).toMatchObject({ code: 'HEARTBEAT_TIMEOUT' });
	expect(link.status).toMatchObject({ state: 'CONNECTED', reconnects: 1 });
	await link.close();
	expect(clock.pending).toBe(0);
});

test('a machine that slept for an hour keeps a peer that is there, and finds within two pings one that is not', async () => {
	const { clock, link, stall } = world();
	await clock.run(10_000);
	const first = link.connection;
	clock.suspend(3_600_000);
	await clock.run(10 * INTERVAL_MS);
	expect(link.connection).toBe(first);
	clock.suspend(3_600_000);
	stall();
	await clock.run(2 * INTERVAL_MS);
	expect(link.connection?.id).not.toBe(first?.id);
	expect(link.status.reconnects).toBe(1);
	await link.close();
});

test('a wall clock that jumps by an hour changes nothing', async () => {
	const { clock, link } = world();
	await clock.run(10_000);
	const first = link.connection;
	clock.jumpEpoch(3_600_000);
	await clock.run(10 * INTERVAL_MS);
	clock.jumpEpoch(-7_200_000);
	await clock.run(10 * INTERVAL_MS);
	expect(link.connection).toBe(first);
	await link.close();
});
