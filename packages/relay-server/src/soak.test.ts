import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { Client } from './fixtures/client.js';
import { NativeParty } from './fixtures/native-party.js';
import { OneParty } from './fixtures/one-party.js';
import { type RunningRelay, startRelay } from './fixtures/relay.js';
import { heldBytes, relaySockets } from './fixtures/relay-sockets.js';
import { spliced } from './fixtures/spliced.js';

// The same at full size: npm run bench -- relay-capacity.

const MiB = 2 ** 20;
const ROUNDS = 25;
const EVERYBODY = { connectionsPerAddress: 10_000, connectionsBurstPerAddress: 10_000, registrationsPerAddress: 10_000 };

/** All that a client may do from connecting to the end. */
const CYCLES: Record<string, (running: RunningRelay) => Promise<unknown>> = {
	'listener that leaves': async ({ url }) => (await new NativeParty().listen(url)).socket.close(),
	'listener of ONE that leaves': async ({ url }) => (await new OneParty().listen(url)).socket.close(),
	'listener that is cut off': async ({ url }) => (await new NativeParty().listen(url)).socket.terminate(),
	call: async (running) => (await spliced(running))[0].socket.close(),
	'call of ONE': async (running) => (await spliced(running, OneParty))[0].socket.close(),
	'call that is cut off': async (running) => (await spliced(running))[1].socket.terminate(),
	'call to nobody': async ({ url }) => (await new NativeParty().dial(url, new NativeParty().key)).end(),
	'first message and no more': async ({ url }) => {
		const client = await Client.dial(url);
		client.say(new NativeParty().hello(url));
		client.socket.terminate();
	},
	'wrong answer': async ({ url }) => {
		const { client } = await new OneParty().asked(url);
		client.say({ command: 'authentication_response', response: '00'.repeat(104) });
		return client.end();
	},
	'half an upgrade': async ({ http }) => {
		const socket = connect(Number(new URL(http).port), '127.0.0.1').on('error', () => {});
		socket.write('GET / HTTP/1.1\r\nUpgrade: webso', () => socket.resetAndDestroy());
		await new Promise((resolve) => socket.once('close', resolve));
	},
};

test('nothing is left of who comes and goes: no entry, no timer, no socket', async () => {
	const sockets = relaySockets();
	const running = await startRelay({ limits: EVERYBODY });
	const { relay, clock } = running;
	for (let round = 0; round < ROUNDS; round++) await Promise.all(Object.values(CYCLES).map((cycle) => cycle(running)));
	await expect.poll(() => relay.counts).toMatchObject({ connections: 0, waiting: 0, splices: 0 });
	await expect.poll(() => sockets.size).toBe(0);
	// Three rate limits that forget everybody in their time.
	expect(clock.pending).toBe(3);
	expect(relay.counts.remembered).toBeGreaterThan(0);
	await clock.run(300_000);
	expect(relay.counts.remembered).toBe(0);
	expect(clock.pending).toBe(0);
}, 60_000);

test('a reader that stops and goes makes the relay hold 4 MiB at most, and another pair talks on', async () => {
	const sockets = relaySockets();
	const running = await startRelay();
	const [dialler, listener] = await spliced(running);
	const [other, echoing] = await spliced(running);
	let mostHeld = 0;
	const look = () => {
		mostHeld = Math.max(mostHeld, heldBytes(sockets));
	};
	const frames = 800;
	for (let i = 0; i < frames; i++) dialler.send(Buffer.alloc(MiB / 16, i));
	for (let i = 0; i < frames; i++) {
		if (i % 100 === 0) {
			listener.socket.pause();
			for (let j = 0; j < 20; j++) {
				other.send(String(j));
				const heard = (await echoing.next()) as string;
				echoing.send(heard);
				expect(await other.next()).toBe(String(j));
				look();
			}
			listener.socket.resume();
		}
		const frame = (await listener.next()) as Uint8Array;
		if (!Buffer.alloc(MiB / 16, i).equals(frame)) throw new Error(`frame ${i} is not as it was sent`);
		look();
	}
	expect(mostHeld).toBeGreaterThan(MiB);
	expect(mostHeld).toBeLessThan(4 * MiB);
}, 60_000);
