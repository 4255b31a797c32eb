import { isEnded } from '@linkscope/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Network, type Side } from './fixtures/network.js';
import type { Peer } from './peer.js';

const living = (side: Side) => side.connections.filter(({ state }) => !isEnded(state)).length;
const isHandshaking = (side: Side) => side.connections.some(({ state }) => !isEnded(state) && !['CONNECTING', 'ACTIVE', 'CLOSING'].includes(state));
const carriers = (peer: Peer | undefined) => peer?.channels.map(({ channel, connectionId }) => [channel, connectionId !== null]);

/** The end of a connection at the other side has the other of two ids. */
function isOnePair(network: Network, left: string | null, right: string | null): boolean {
	const [near, far] = [network.smaller.connections.find(({ id }) => id === left), network.larger.connections.find(({ id }) => id === right)];
	return near !== undefined && far !== undefined && near.state === 'ACTIVE' && far.state === 'ACTIVE';
}

test('two that dial each other at any moments end with one connection a channel, the same at both ends, and every message arrives once and in order', async () => {
	const step = fc.record({
		afterMs: fc.integer({ min: 0, max: 3_000 }),
		by: fc.constantFrom('smaller' as const, 'larger' as const),
		what: fc.constantFrom('dial', 'dial', 'talk', 'talk', 'stop'),
	});
	const property = fc.asyncProperty(
		fc.array(step, { minLength: 4, maxLength: 25 }),
		fc.integer({ min: 0, max: 2_500 }),
		fc.infiniteStream(fc.integer({ min: 0, max: 900 })),
		async (steps, headStartMs, latencies) => {
			const network = new Network({ latencyMs: () => latencies.next().value as number });
			const peers = { smaller: network.connect(network.smaller), larger: null as Peer | null };
			await network.clock.run(headStartMs);
			peers.larger = network.connect(network.larger);
			const sent = { smaller: [] as string[], larger: [] as string[] };
			for (const { afterMs, by, what } of steps) {
				await network.clock.run(afterMs);
				const peer = peers[by] as Peer;
				if (what === 'dial')
					network
						.dial(network[by], 'data')
						.open()
						.catch(() => {});
				else if (what === 'stop') {
					// In the middle of a handshake the other side may be ACTIVE already, and hears that something was lost.
					if (isHandshaking(network[by])) continue;
					void peer.stopRoute('direct');
					peer.startRoute('direct');
				} else {
					for (let i = 0; i < 30; i++) {
						network.clock.after(i * 70, () => {
							const text = `${by} ${sent[by].length}`;
							sent[by].push(text);
							peer.send(text);
						});
					}
				}
			}
			await network.clock.run(60_000);
			expect(network.larger.heard).toEqual(sent.smaller);
			expect(network.smaller.heard).toEqual(sent.larger);
			expect([network.smaller.losses, network.larger.losses]).toEqual([[], []]);
			expect([living(network.smaller), living(network.larger)]).toEqual([2, 2]);
			for (const [i, { connectionId }] of (peers.smaller as Peer).channels.slice(0, 2).entries()) {
				expect(isOnePair(network, connectionId, (peers.larger as Peer).channels[i]!.connectionId)).toBe(true);
			}
			await Promise.all([network.smaller.peers.close(), network.larger.peers.close(), network.clock.run(20_000)]);
			expect([living(network.smaller), living(network.larger), network.clock.pending]).toEqual([0, 0, 0]);
		},
	);
	await fc.assert(property, { numRuns: 100 });
}, 120_000);

test('what a lost connection may have lost is told, and nothing else is missing', async () => {
	const step = fc.record({
		afterMs: fc.integer({ min: 0, max: 9_000 }),
		by: fc.constantFrom('smaller' as const, 'larger' as const),
		what: fc.constantFrom('send', 'send', 'cut', 'stop'),
	});
	const property = fc.asyncProperty(
		fc.array(step, { minLength: 5, maxLength: 30 }),
		fc.infiniteStream(fc.integer({ min: 0, max: 400 })),
		async (steps, latencies) => {
			const network = new Network({ latencyMs: () => latencies.next().value as number });
			const peers = { smaller: network.connect(network.smaller), larger: network.connect(network.larger) };
			const sent = { smaller: [] as string[], larger: [] as string[] };
			for (const { afterMs, by, what } of steps) {
				await network.clock.run(afterMs);
				if (what === 'cut') {
					for (const { ends } of [...network.dials]) ends[by === 'smaller' ? 0 : 1].terminate();
					continue;
				}
				if (what === 'stop') {
					void peers[by].stopRoute('direct');
					peers[by].startRoute('direct');
					continue;
				}
				const text = `${by} ${sent[by].length}`;
				sent[by].push(text);
				peers[by].send(text);
			}
			await network.clock.run(60_000);
			for (const [from, to] of [
				['smaller', 'larger'],
				['larger', 'smaller'],
			] as const) {
				const { heard } = network[to];
				expect(heard).toEqual(sent[from].filter((text) => heard.includes(text)));
				if (heard.length < sent[from].length) expect(network[from].losses).not.toEqual([]);
			}
			expect([carriers(peers.smaller), carriers(peers.larger)].flat()).toEqual([...two, ...two]);
			await Promise.all([network.smaller.peers.close(), network.larger.peers.close(), network.clock.run(20_000)]);
			expect([living(network.smaller), living(network.larger), network.clock.pending]).toEqual([0, 0, 0]);
		},
	);
	await fc.assert(property, { numRuns: 100 });
}, 120_000);

const two = [
	['control', true],
	['data', true],
	['discovery', false],
];
