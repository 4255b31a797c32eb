import { once } from 'node:events';
import { FakeClock } from '@linkscope/core/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import WebSocket from 'ws';
import { startRecording } from './fixtures/recording.js';
import { startPairs } from './fixtures/ws-pairs.js';
import { instrumentWs } from './index.js';
import { Pings } from './pings.js';

const undos: (() => unknown)[] = [];
let clock: FakeClock;
let pairs: Awaited<ReturnType<typeof startPairs>>;
let recording: ReturnType<typeof startRecording>;

beforeEach(async () => {
	clock = new FakeClock();
	// A peer that answers when the test does.
	pairs = await startPairs({ autoPong: false });
	recording = startRecording();
	undos.push(pairs.stop, recording.stop, instrumentWs(WebSocket, { clock }));
});
afterEach(async () => {
	for (const undo of undos.splice(0).reverse()) await undo();
});

const latencies = () => recording.sockets.find(({ remote }) => remote === pairs.url)?.latencies;

test('a pong is measured from the ping whose data it carries, and the pings before that one are forgotten', async () => {
	const { client, peer } = await pairs.connect();
	client.ping('first');
	clock.advance(1000);
	client.ping(Buffer.from('second'));
	clock.advance(25);
	for (const data of ['second', 'first']) {
		peer.pong(data);
		await once(client, 'pong');
	}
	expect(latencies()).toEqual([25]);
});

test('of pings that look the same the oldest is answered', async () => {
	const { client, peer } = await pairs.connect();
	client.ping();
	clock.advance(30);
	client.ping(() => {});
	clock.advance(10);
	peer.pong();
	await once(client, 'pong');
	expect(latencies()).toEqual([40]);
});

test('a ping that threw awaits no pong, and a pong nobody asked for is no round trip', async () => {
	const client = new WebSocket(pairs.url);
	expect(() => client.ping()).toThrow(/CONNECTING/);
	const { peer } = await pairs.connect(client);
	peer.pong();
	await once(client, 'pong');
	expect(latencies()).toEqual([]);
});

test('pings that are never answered are forgotten, the oldest first', () => {
	const pings = new Pings(clock);
	for (let i = 0; i < 1000; i++) pings.sent(i);
	clock.advance(5);
	expect([pings.answered(983), pings.answered(984), pings.answered(999)]).toEqual([null, 5, 5]);
});
