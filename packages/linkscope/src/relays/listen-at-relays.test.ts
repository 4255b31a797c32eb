import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
	connect,
	connectViaRelay,
	createIdentity,
	createTrustStore,
	installInstrumentation,
	type ListenOptions,
	listen,
	memoryStorage,
	type RelayStatus,
	resetInstrumentation,
} from '../index.js';
import { listen as listenInPage } from '../listen.browser.js';
import { echoes, invitee, inviter, relaying, type Waiting, waiting as waitingForInvited } from './fixtures/relayed.js';

const NOBODY = 'ws://127.0.0.1:1/';

/** Lets everybody in. */
const waiting = (options: Partial<ListenOptions>): Promise<Waiting> => waitingForInvited({ invites: undefined, ...options });

beforeEach(() => {
	const uninstall = installInstrumentation();
	resetInstrumentation();
	onTestFinished(uninstall);
});

describe('listening at relays', () => {
	it('takes peers from everywhere, and says which way each came', async () => {
		const [first, second] = [await relaying(), await relaying()];
		const { listener, accepted } = await waiting({ relays: [first.url, second.url], port: 0 });
		expect(listener.relays).toMatchObject([
			{ relay: first.url, state: 'waiting', error: null },
			{ relay: second.url, state: 'waiting', error: null },
		]);
		const options = { identity: invitee, peer: inviter.publicKey };
		const connections = [await connectViaRelay(first.url, options), await connectViaRelay(second.url, options), await connect(listener.url, options)];
		for (const connection of connections) await echoes(connection);
		expect(accepted.map(({ request }) => request.relay)).toEqual([first.url, second.url, undefined]);
		expect(listener.connectionCount).toBe(3);
	});

	it('needs no port of its own', async () => {
		const { url } = await relaying();
		const { listener } = await waiting({ relays: [url] });
		expect([listener.port, listener.url]).toEqual([0, '']);
	});

	it('ends both ways, says goodbye under the seal and leaves nothing at the relay', async () => {
		const { server, url } = await relaying();
		const { listener } = await waiting({ relays: [url], port: 0 });
		const options = { identity: invitee, peer: inviter.publicKey };
		const connections = [await connectViaRelay(url, options), await connect(listener.url, options)];
		await listener.close();
		for (const connection of connections) {
			await expect.poll(() => connection.closeInfo).toMatchObject({ code: 1001, reason: 'server shutting down' });
			expect(connection.state).toBe('CLOSED');
		}
		await expect.poll(() => server.counts.connections).toBe(0);
		expect(listener.relays).toMatchObject([{ state: 'stopped', error: null }]);
	});

	it('comes back when a relay does', async () => {
		const { server, url } = await relaying();
		const { listener } = await waiting({ relays: [url] });
		const changes: string[] = [];
		listener.onRelays.on(([status]) => void changes.push((status as RelayStatus).state));
		await server.close();
		await expect.poll(() => changes).toContain('retrying');
		await relaying({ port: Number(new URL(url).port) });
		await expect.poll(() => listener.relays[0]?.state).toBe('waiting');
		await echoes(await connectViaRelay(url, { identity: invitee, peer: inviter.publicKey }));
	});

	it('fails where no relay can be reached and there is no other way to this side', async () => {
		await expect(waiting({ relays: [NOBODY] })).rejects.toMatchObject({ code: 'OPEN_FAILED' });
	});

	it('goes on where one of several can be reached, or a port is open', async () => {
		const { url } = await relaying();
		expect((await waiting({ relays: [NOBODY, url] })).listener.relays.map(({ state }) => state)).toEqual(['retrying', 'waiting']);
		const { listener } = await waiting({ relays: [NOBODY], port: 0 });
		expect(listener.relays).toMatchObject([{ state: 'retrying', error: { code: 'OPEN_FAILED' } }]);
		await echoes(await connect(listener.url, { identity: invitee }));
	});

	it('ends for good at a relay that takes it for another', async () => {
		const { url } = await relaying({ publicUrls: ['wss://relay.example'] });
		await expect(waiting({ relays: [url] })).rejects.toMatchObject({ code: 'RELAY_ORIGIN_UNKNOWN' });
	});

	it('turns away what is too much', async () => {
		const { url } = await relaying();
		const { listener } = await waiting({ relays: [url], maxConnections: 1 });
		const options = { identity: invitee, peer: inviter.publicKey };
		await connectViaRelay(url, options);
		await expect(connectViaRelay(url, options)).rejects.toThrow();
		expect(listener.connectionCount).toBe(1);
	});

	it('names the option that is wrong', async () => {
		const onConnection = () => {};
		await expect(listen({ relays: [NOBODY], onConnection })).rejects.toThrow(/^relays needs an identity/);
		await expect(listen({ relays: NOBODY as never, identity: inviter, onConnection })).rejects.toThrow(/^relays must be an array/);
		await expect(listen({ relays: ['https://relay.example'], identity: inviter, onConnection })).rejects.toMatchObject({ code: 'URL_INVALID' });
		await expect(listen({ relays: [NOBODY], endpoints: ['http://x'], identity: inviter, onConnection })).rejects.toThrow(/^endpoints and relays must be/);
	});
});

describe('connecting via a relay', () => {
	it('says where the peer does not wait there', async () => {
		const { url } = await relaying();
		await expect(connectViaRelay(url, { identity: invitee, peer: inviter.publicKey })).rejects.toMatchObject({ code: 'NOT_REGISTERED' });
	});

	it('refuses a relay that is not the one that is pinned', async () => {
		const { server, url } = await relaying();
		await waiting({ relays: [url] });
		const options = { identity: invitee, peer: inviter.publicKey };
		await (await connectViaRelay(url, { ...options, relayKey: server.publicKey })).close();
		await expect(connectViaRelay(url, { ...options, relayKey: createIdentity().publicKey })).rejects.toMatchObject({ code: 'PEER_MISMATCH' });
	});

	it('asks for a key, because a relay knows nobody by fingerprint', async () => {
		const { url } = await relaying();
		for (const peer of [inviter.fingerprint, new Uint8Array(31), null as never]) {
			await expect(connectViaRelay(url, { identity: invitee, peer })).rejects.toThrow(/^peer must be a public key here/);
		}
		for (const options of [{ identity: invitee }, undefined]) await expect(connectViaRelay(url, options as never)).rejects.toThrow(/^peer is missing/);
	});

	it('takes the key of a fingerprint from a trust store that knows it', async () => {
		const { url } = await relaying();
		await waiting({ relays: [url] });
		const trustStore = createTrustStore(memoryStorage());
		const options = { identity: invitee, peer: inviter.fingerprint, trustStore };
		await expect(connectViaRelay(url, options)).rejects.toThrow(/unless .* finds it in its trustStore/);
		await trustStore.put({ identity: inviter.publicKey, level: 'pinned' });
		await (await connectViaRelay(url, options)).close();
	});
});

describe('a page', () => {
	it('listens at relays as a side behind a NAT does', async () => {
		const { server, url } = await relaying();
		const requests: object[] = [];
		const listener = await listenInPage({
			identity: inviter,
			relays: [url],
			onConnection: (connection, request) => {
				requests.push(request);
				connection.onMessage.on((message) => connection.send(message));
			},
		});
		await echoes(await connectViaRelay(url, { identity: invitee, peer: inviter.publicKey }));
		expect(requests).toEqual([{ relay: url }]);
		expect([listener.connectionCount, listener.relays[0]?.state]).toEqual([1, 'waiting']);
		await listener.close();
		await expect.poll(() => server.counts.connections).toBe(0);
	});

	it('gives up where no relay takes it', async () => {
		await expect(listenInPage({ identity: inviter, relays: [NOBODY], onConnection: () => {} })).rejects.toMatchObject({ code: 'OPEN_FAILED' });
	});
});
