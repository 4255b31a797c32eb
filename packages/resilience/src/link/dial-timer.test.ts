import { expect, test } from 'vitest';
import { FakeNetwork } from './fixtures/fake-network.js';
import { LinkWorld } from './fixtures/link-world.js';

async function waiting(waitMs: number) {
	const world = new LinkWorld();
	const network = new FakeNetwork();
	const link = world.link({ network, backoff: { next: () => waitMs } });
	void link.open();
	await world.run(0);
	world.server = 'down';
	world.cut();
	await world.run(10);
	return { world, network, link };
}

test('while the network is gone nothing is dialled, and it is dialled at once when it is back', async () => {
	const { world, network, link } = await waiting(1_000);
	network.tell({ kind: 'network', online: false });
	await world.run(20_000);
	expect(world.dialledAtMs).toEqual([0]);
	world.server = 'up';
	network.tell({ kind: 'network', online: true });
	await world.run(0);
	expect(world.dialledAtMs).toEqual([0, 20_010]);
	expect(link.state).toBe('CONNECTED');
	await link.close();
	expect(network.listeners.size).toBe(0);
});

test('a platform that is wrong about its network is not believed for longer than 30 s', async () => {
	const { world, network, link } = await waiting(1_000);
	network.tell({ kind: 'network', online: false });
	world.server = 'up';
	await world.run(30_990);
	expect(world.dialledAtMs).toEqual([0, 31_000]);
	expect(link.state).toBe('CONNECTED');
	await link.close();
});

test('waking up ends a wait, but not that for a network that is gone', async () => {
	const { world, network, link } = await waiting(60_000);
	network.tell({ kind: 'suspended', driftMs: 3_600_000 });
	await world.run(0);
	expect(world.dialledAtMs).toEqual([0, 10]);
	network.tell({ kind: 'network', online: false });
	network.tell({ kind: 'suspended', driftMs: 3_600_000 });
	await world.run(0);
	expect(world.dialledAtMs).toEqual([0, 10]);
	await link.close();
	expect(world.clock.pending).toBe(0);
});

test('news of the network change nothing where nothing waits', async () => {
	const { world, network, link } = await waiting(0);
	world.server = 'up';
	await world.run(10);
	const dials = world.dialledAtMs.length;
	network.tell({ kind: 'network', online: true });
	network.tell({ kind: 'suspended', driftMs: 3_600_000 });
	await world.run(10);
	expect(world.dialledAtMs).toHaveLength(dials);
	await link.close();
});
