import { type Backoff, Connection } from '@linkscope/core';
import { createRelayServer } from '@linkscope/relay-server';
import { createRelayListener, type RelayCall, type RelayListener } from '@linkscope/transports/relay';
import { dialWebSocket } from '@linkscope/transports/websocket';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { newParty } from './fixtures/parties.js';
import { newKeys, ReferencePeer } from './fixtures/reference-peer.js';
import { ReferenceRelay } from './fixtures/reference-relay.js';
import { OneFragmentationPlugin } from './fragmentation.js';
import { OneKeepalivePlugin } from './keepalive.js';
import { admitByOneInvite, joinByOneInvite } from './pair.js';
import { OneSessionPlugin } from './session.js';
import { OneTokenBook } from './tokens.js';

// Our clients behind a relay that was written from the protocol's description alone, and behind our own.

const soon: Backoff = { next: (attempt) => Math.min(10 * 2 ** attempt, 200) };

interface TestRelay {
	url: string;
	publicKey: Uint8Array;
	stop(): void | Promise<void>;
}

const relays: Record<string, () => Promise<TestRelay>> = {
	'the reference relay': async () => {
		const relay = new ReferenceRelay();
		return { url: await relay.listening(), publicKey: relay.keys.publicKey, stop: () => relay.stop() };
	},
	'our relay': async () => {
		const relay = createRelayServer({ port: 0 });
		const { url } = await relay.listen();
		return { url, publicKey: relay.onePublicKey, stop: () => relay.close() };
	},
};

const nextCall = (listener: RelayListener): Promise<RelayCall> => new Promise((resolve) => listener.onTransport.once(resolve));

describe.each(Object.keys(relays))('behind %s', (name) => {
	let relay: TestRelay;

	beforeAll(async () => {
		relay = await (relays[name] as () => Promise<TestRelay>)();
	});

	afterAll(() => relay.stop());

	async function waiting(keys: { publicKey: Uint8Array; secretKey: Uint8Array }, relayKey = relay.publicKey) {
		const listener = createRelayListener({ relay: relay.url, oneKeys: keys, relayKey, backoff: soon });
		onTestFinished(() => listener.stop());
		listener.start();
		await vi.waitFor(() => expect(listener.waiting).toBe(2), 10_000);
		return listener;
	}

	test('a peer of ONE reaches our listener, text stays text, and another registration takes the place', async () => {
		const keys = newKeys();
		const listener = await waiting(keys);
		for (const [payload, answer] of [
			['from ONE', 'from us'],
			[new Uint8Array(70_000).fill(7), 'x'.repeat(20_000)],
			['again', new Uint8Array(0)],
		] as const) {
			const called = nextCall(listener);
			const peer = await ReferencePeer.dial(relay.url);
			const shaken = peer.initiate(newKeys(), keys.publicKey);
			const { transport, from } = await called;
			expect(from).toBe(null);
			const connection = new Connection(transport, {
				initiator: false,
				plugins: [new OneSessionPlugin({ role: 'acceptor', relayed: true, keys }), new OneKeepalivePlugin(), new OneFragmentationPlugin()],
			});
			const opened = connection.open();
			await shaken;
			peer.send(payload);
			await opened;
			expect((await connection.messages().next()).value).toEqual(payload);
			connection.send(answer);
			expect(await peer.receive()).toEqual(answer);
			await vi.waitFor(() => expect(listener.waiting).toBe(2), 10_000);
			await connection.close('enough');
			expect(await peer.closed).toEqual({ code: 1000, reason: 'enough' });
		}
	});

	test('two of ours meet, and pair by an invite of ONE', async () => {
		const [inviter, guest] = [newParty('inviter@test', relay.url), newParty('guest@test')];
		const tokens = new OneTokenBook();
		const token = tokens.issue();
		const listener = await waiting(inviter.instance);
		const admitted = nextCall(listener).then(({ transport }) =>
			admitByOneInvite(transport, {
				own: inviter.own,
				personSecretKey: inviter.person.secretKey,
				instanceSecretKey: inviter.instance.secretKey,
				tokens,
				relayed: true,
			}),
		);
		const invite = { publicKey: Buffer.from(inviter.own.instanceKey).toString('hex'), token: () => token };
		const joined = await joinByOneInvite(dialWebSocket(relay.url), invite, { own: guest.own, personSecretKey: guest.person.secretKey });
		expect(joined).toEqual(inviter.own);
		expect(await admitted).toEqual(guest.own);
	});

	test('another relay than the pinned one gets no proof, and is not asked again', async () => {
		const listener = createRelayListener({ relay: relay.url, oneKeys: newKeys(), relayKey: newKeys().publicKey, backoff: soon });
		listener.start();
		await vi.waitFor(() => expect(listener).toMatchObject({ state: 'stopped', error: { code: 'PEER_MISMATCH' } }), 10_000);
	});

	test('somebody that nobody waits for', async () => {
		const connection = new Connection(dialWebSocket(relay.url), { plugins: [new OneSessionPlugin({ keys: newKeys(), peer: newKeys().publicKey })] });
		await expect(connection.open()).rejects.toThrow('No listening connection for the specified publicKey.');
	});
});

test('pings of a relay of ONE are answered in time, with the words it knows', async () => {
	const relay = new ReferenceRelay(1_000);
	onTestFinished(() => relay.stop());
	const keys = newKeys();
	const listener = createRelayListener({ relay: await relay.listening(), oneKeys: keys, relayKey: relay.keys.publicKey, backoff: soon, spares: 1 });
	onTestFinished(() => listener.stop());
	listener.start();
	await vi.waitFor(() => expect(relay.said.filter(({ command }) => command === 'pong').length).toBeGreaterThanOrEqual(2), 15_000);
	expect(relay.said.map(({ command }) => command).slice(0, 4)).toEqual(['register', 'authentication_response', 'pong', 'pong']);
	expect(relay.waiting(keys.publicKey)).toBe(1);
	listener.stop();
	await vi.waitFor(() => expect(relay.waiting(keys.publicKey)).toBe(0), 10_000);
});
