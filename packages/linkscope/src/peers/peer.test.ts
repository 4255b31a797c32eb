import { settle } from '@linkscope/core/testing';
import { describe, expect, it } from 'vitest';
import { Network } from './fixtures/network.js';
import type { Peer } from './peer.js';

const direct = { name: 'direct', relayed: false };
const relay = { name: 'relay', relayed: true };

const reasons = ({ smaller, larger }: Network) => [...smaller.connections, ...larger.connections].map(({ closeInfo }) => closeInfo?.reason);
const open = (peer: Peer | undefined) => peer?.channels.filter(({ connectionId }) => connectionId).map(({ channel }) => channel);

async function connected(network = new Network()) {
	const near = network.connect(network.smaller);
	await network.clock.run(100);
	const far = network.larger.peers.all[0] as Peer;
	return { network, near, far };
}

describe('a peer', () => {
	it('is one object for what it dials and what it accepts', async () => {
		const { network, near, far } = await connected();
		expect(network.connect(network.larger)).toBe(far);
		await network.clock.run(20_000);
		expect([near.state, far.state, network.larger.peers.all, network.smaller.peers.all]).toEqual(['connected', 'connected', [far], [near]]);
		expect([open(near), open(far)]).toEqual([
			['control', 'data'],
			['control', 'data'],
		]);
	});

	it('keeps what is sent before anything carries it, in order', async () => {
		const network = new Network();
		const near = network.connect(network.smaller);
		expect(near.send('one')).toBe(false);
		const drained = near.drained();
		expect(near.send('two')).toBe(false);
		await network.clock.run(100);
		await drained;
		expect(near.send('three')).toBe(true);
		await settle();
		expect(network.larger.heard).toEqual(['one', 'two', 'three']);
	});

	it('holds what arrives until somebody listens', async () => {
		const network = new Network();
		network.larger.watch = () => {};
		const near = network.connect(network.smaller);
		near.send('one');
		near.send('two', { channel: 'control' });
		await network.clock.run(100);
		const heard: unknown[] = [];
		network.larger.peers.all[0]?.onMessage.on((message) => heard.push(message));
		await settle();
		expect(heard).toHaveLength(2);
		expect(heard).toContainEqual({ payload: 'two', channel: 'control' });
	});

	it('refuses what is no message, no channel, too much, or comes too late', async () => {
		const network = new Network({ answers: () => false });
		const near = network.connect(network.smaller);
		expect(() => near.send(7 as never)).toThrow(TypeError);
		expect(() => near.send('x', { channel: 'bulk' as never })).toThrow('channel must be control, data or discovery');
		near.send(new Uint8Array(900_000));
		expect(() => near.send(new Uint8Array(200_000))).toThrow(expect.objectContaining({ code: 'SEND_QUEUE_FULL' }));
		const drained = near.drained();
		await near.close();
		await expect(drained).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
		expect(() => near.send('late')).toThrow(expect.objectContaining({ code: 'CONNECTION_CLOSED' }));
		expect([network.smaller.losses, network.clock.pending, near.state]).toEqual([['data 1'], 0, 'closed']);
	});

	it('ends where so much arrives that nobody reads, and says so', async () => {
		const network = new Network();
		network.larger.watch = (peer) => {
			peer.onLost.on(({ error }) => network.larger.losses.push((error as { code?: string }).code as string));
		};
		const near = network.connect(network.smaller);
		await network.clock.run(100);
		const far = network.larger.peers.all[0] as Peer;
		for (let i = 0; i < 50; i++) near.send(new Uint8Array(100_000));
		await network.clock.run(1_000);
		expect([far.state, network.larger.losses, network.smaller.losses]).toEqual(['closed', ['SLOW_READER'], ['data 0']]);
	});

	it('holds few connections, however many it dials', async () => {
		const { network, far } = await connected();
		for (let i = 0; i < 50; i++)
			network
				.dial(network.smaller, 'data')
				.open()
				.catch(() => {});
		await settle(2_000);
		expect(far.channels[1]?.connections).toBeLessThanOrEqual(8);
		await network.clock.run(20_000);
		expect([far.channels[1]?.connections, network.larger.connections.filter(({ state }) => state === 'ACTIVE').length]).toEqual([1, 2]);
	});

	it('opens a discovery channel for a message and closes it after 5 s of silence', async () => {
		const { network, near, far } = await connected();
		near.send('who is there?', { channel: 'discovery' });
		await network.clock.run(3_000);
		expect(network.larger.heard).toEqual(['who is there?']);
		far.send('me', { channel: 'discovery' });
		await network.clock.run(4_999);
		expect(open(near)).toEqual(['control', 'data', 'discovery']);
		await network.clock.run(100);
		expect([network.smaller.heard, open(near), open(far)]).toEqual([['me'], ['control', 'data'], ['control', 'data']]);
		await network.clock.run(60_000);
		expect(network.dials.map(({ channel }) => channel)).toEqual(['control', 'data', 'discovery']);
	});

	it('opens a channel that is not kept for who asks for its connection', async () => {
		const { network, near } = await connected();
		const opening = near.connection({ channel: 'discovery' });
		await network.clock.run(100);
		expect((await opening).plugins).toContain('route');
		expect(near.connections).toContain(await opening);
		expect(near.connections).toHaveLength(3);
	});

	it('leaves a channel alone that only the other side keeps open', async () => {
		const { network, near, far } = await connected();
		network.connect(network.larger, undefined, ['control']);
		far.send('once');
		await network.clock.run(60_000);
		expect([open(near), network.dials.length]).toEqual([['control', 'data'], 2]);
	});

	it('that comes when all were closed is closed too', async () => {
		const { network } = await connected();
		await Promise.all([network.larger.peers.close(), network.clock.run(1_000)]);
		await network.clock.run(20_000);
		expect(network.larger.peers.all).toEqual([]);
		expect(network.larger.connections.length).toBeGreaterThan(2);
		expect(network.larger.connections.every(({ state }) => state === 'CLOSED')).toBe(true);
	});

	it('hears within a minute that nobody is there any more, and dials again', async () => {
		const { network, near } = await connected();
		for (const end of network.dials.flatMap(({ ends }) => ends)) end.send = () => true;
		await network.clock.run(60_000);
		expect(network.smaller.connections.slice(0, 2).map(({ closeInfo }) => closeInfo?.code)).toEqual([4408, 4408]);
		await network.clock.run(20_000);
		expect(open(near)).toEqual(['control', 'data']);
	});

	it('goes another way when one is lost, and says so where something was sent over it', async () => {
		const network = new Network();
		const near = network.connect(network.smaller, [relay, direct]);
		await network.clock.run(100);
		near.send('one');
		await settle();
		for (const { ends } of [...network.dials]) ends[0].terminate();
		await network.clock.run(100);
		expect(network.dials.map(({ route, channel }) => `${route} ${channel}`)).toEqual(['direct control', 'direct data', 'relay control', 'relay data']);
		expect([near.state, network.smaller.losses, near.routes.map(({ state }) => state)]).toEqual(['connected', ['data 0'], ['failed', 'up']]);
	});

	it('replaces an older connection by a newer one, in those words', async () => {
		const { network, near, far } = await connected();
		await network.clock.run(2_000);
		network.dial(network.larger, 'data').open();
		near.send('before');
		far.send('before too');
		await network.clock.run(100);
		near.send('after');
		far.send('after too');
		await settle();
		expect([network.larger.heard, network.smaller.heard]).toEqual([
			['before', 'after'],
			['before too', 'after too'],
		]);
		expect(reasons(network).filter(Boolean)).toEqual(Array(2).fill('Close called: New connection replaced old one'));
		expect([network.smaller.losses, network.larger.losses]).toEqual([[], []]);
	});

	it.each(['smaller', 'larger'] as const)('is found again where the side of the %s identity starts anew', async (who) => {
		const { network } = await connected();
		const stays = network[who === 'smaller' ? 'larger' : 'smaller'];
		await network.clock.run(2_000);
		network[who].restart();
		const again = network.connect(network[who]);
		await network.clock.run(30_000);
		again.send('back');
		await settle();
		expect([stays.heard, open(again)]).toEqual([['back'], ['control', 'data']]);
	});

	it('that came by itself is forgotten 30 s after its last connection', async () => {
		const { network, near, far } = await connected();
		const closing = near.close();
		await network.clock.run(29_000);
		await closing;
		expect([network.larger.peers.all, far.state]).toEqual([[far], 'connecting']);
		await network.clock.run(2_000);
		expect([network.larger.peers.all, far.state, network.clock.pending]).toEqual([[], 'closed', 0]);
	});

	it.each(['leaves', 'stays'])('that never says which connection carries is forgotten as well, if it %s', async (what) => {
		const network = new Network();
		network.smaller.peers.adopt = () => {};
		const { connection } = network.dial(network.smaller, 'data');
		await Promise.all([connection.open(), network.clock.run(100)]);
		const [far] = network.larger.peers.all;
		expect(far?.channels[1]?.connections).toBe(1);
		if (what === 'leaves') connection.terminate();
		await network.clock.run(40_000);
		expect([network.larger.peers.all, far?.state, network.clock.pending]).toEqual([[], 'closed', 0]);
	});

	it('stops a route with its connections, and starts it again', async () => {
		const { network, near } = await connected();
		await near.stopRoute('direct');
		expect([near.state, near.routes[0]?.state]).toEqual(['connecting', 'stopped']);
		expect(reasons(network)).toEqual(Array(4).fill('Close called: Corresponding route was stopped'));
		near.send('later');
		await network.clock.run(60_000);
		expect(network.dials).toHaveLength(2);
		near.startRoute('direct');
		await network.clock.run(3_000);
		await near.disableRoute('direct');
		expect(reasons(network).filter((reason) => reason === 'Close called: Route is disabled')).toHaveLength(4);
		near.enableRoute('direct');
		await network.clock.run(100);
		expect([near.state, network.larger.losses]).toEqual(['connected', []]);
	});

	it('that only the other side dials has no routes', async () => {
		const { far } = await connected();
		expect(far.routes).toEqual([]);
		expect(() => far.startRoute('direct')).toThrow('there is no route "direct"');
	});
});
