import { inspect } from 'node:util';
import { createTrustStore, memoryStorage } from '@linkscope/plugins';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
	acceptInvite,
	type Connection,
	connect,
	createIdentity,
	createInvite,
	createInviteBook,
	getConnectionInstrumentationReport,
	getConnectionInstrumentationStats,
	type Identity,
	installInstrumentation,
	type Listener,
	type ListenOptions,
	listen,
	resetInstrumentation,
	revokeInvite,
} from '../index.js';

const [server, client] = [createIdentity(), createIdentity()];

beforeEach(() => {
	const uninstall = installInstrumentation();
	resetInstrumentation();
	onTestFinished(uninstall);
});

async function echo(options: Partial<ListenOptions> = {}): Promise<{ listener: Listener; accepted: Connection[] }> {
	const accepted: Connection[] = [];
	const onConnection = (connection: Connection) => {
		accepted.push(connection);
		connection.onMessage.on((message) => connection.send(message));
	};
	const listener = await listen({ identity: server, onConnection, ...options });
	onTestFinished(() => listener.close());
	return { listener, accepted };
}

async function roundTrip(connection: Connection): Promise<void> {
	connection.send('text ✓');
	connection.send(new Uint8Array([1, 2, 3]));
	const messages = connection.messages();
	expect((await messages.next()).value).toBe('text ✓');
	expect([...(await messages.next()).value]).toEqual([1, 2, 3]);
	await messages.return?.();
}

const known = async (...identities: Identity[]) => {
	const store = createTrustStore(memoryStorage());
	for (const { publicKey } of identities) await store.put({ identity: publicKey, level: 'pinned' });
	return store;
};

describe('an identity on both ends', () => {
	it('authenticates and encrypts, and the stats show with whom and how fast', async () => {
		const { listener, accepted } = await echo();
		const connection = await connect(listener.url, { identity: client, peer: server.fingerprint });
		expect(connection.peer).toEqual({ fingerprint: server.fingerprint, publicKey: server.publicKey, verified: true });
		expect(accepted[0]?.peer?.fingerprint).toBe(client.fingerprint);
		await roundTrip(connection);
		expect(connection.plugins).toEqual(['websocket', 'authentication', 'encryption', 'pairing', 'statistics', 'network']);
		const mine = getConnectionInstrumentationStats().connections.find(({ id }) => id === connection.id);
		expect(mine).toMatchObject({ peer: server.fingerprint, messagesSent: 2, messagesReceived: 2 });
		expect(mine?.stages.map(({ name, outcome, overBudget }) => [name, outcome, overBudget])).toEqual([
			['connect', 'ok', false],
			['auth', 'ok', false],
			['encrypt', 'ok', false],
			['pair', 'ok', false],
			['total', 'ok', false],
		]);
		const events = getConnectionInstrumentationStats().recentEvents.filter(({ category }) => category === 'security');
		expect(events.map(({ event }) => event)).toEqual(expect.arrayContaining(['auth ok', 'encrypt ok']));
		await connection.close();
	});

	it('lets the listener speak first', async () => {
		const { listener } = await echo({ onConnection: (connection) => void connection.send('welcome') });
		const connection = await connect(listener.url, { identity: client });
		expect((await connection.messages().next()).value).toBe('welcome');
		await connection.close();
	});

	it('takes as long a message as without one', async () => {
		const { listener } = await echo();
		const connection = await connect(listener.url, { identity: client });
		connection.send(new Uint8Array(1024 * 1024).fill(7));
		const { value } = await connection.messages().next();
		expect([value.length, value.at(-1)]).toEqual([1024 * 1024, 7]);
		expect(() => connection.send(new Uint8Array(1024 * 1024 + 1))).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_BIG' }));
		await connection.close();
	});

	it('fails against a peer that was not meant, before it learns who called', async () => {
		const { listener, accepted } = await echo();
		const other = createIdentity();
		const error = await connect(listener.url, { identity: client, peer: other.fingerprint }).catch((thrown) => thrown);
		expect(error).toMatchObject({ code: 'PEER_MISMATCH' });
		expect(error.message).toContain(other.fingerprint);
		expect(error.message).toContain(server.fingerprint);
		await expect.poll(() => accepted[0]?.closeInfo?.code).toBe(4401);
		expect(getConnectionInstrumentationStats().connections.some(({ peer }) => peer === client.fingerprint)).toBe(false);
	});

	it('never falls back where only one side has one', async () => {
		const { listener, accepted } = await echo();
		const plain = await connect(listener.url);
		plain.send('in the clear');
		await expect.poll(() => accepted[0]?.closeInfo?.error).toMatchObject({ code: 'MALFORMED_FRAME' });
		expect(accepted[0]?.closeInfo?.error?.message).toContain('connect(url, { identity })');
		expect(accepted[0]?.state).toBe('FAILED');
		const { listener: careless } = await echo({ identity: undefined });
		// It echoes: what comes back is no answer to what was asked.
		await expect(connect(careless.url, { identity: client })).rejects.toMatchObject({
			code: 'PROTOCOL_ORDER',
			message: expect.stringContaining('it is not secured, or is another service'),
		});
	});

	it('lets in only whom the trust store knows', async () => {
		const trustStore = await known(client);
		const { listener } = await echo({ trustStore });
		await roundTrip(await connect(listener.url, { identity: client, peer: server.publicKey }));
		await expect(connect(listener.url, { identity: createIdentity() })).rejects.toMatchObject({ code: 'AUTH_REFUSED' });
		await trustStore.revoke(client.publicKey);
		await expect(connect(listener.url, { identity: client })).rejects.toMatchObject({ code: 'AUTH_REFUSED' });
	});

	it('dials only whom its own trust store knows, or whom it names', async () => {
		const { listener } = await echo();
		await expect(connect(listener.url, { identity: client, trustStore: await known() })).rejects.toMatchObject({ code: 'PEER_UNKNOWN' });
		await (await connect(listener.url, { identity: client, trustStore: await known(server) })).close();
		await (await connect(listener.url, { identity: client, trustStore: await known(), peer: server.publicKey })).close();
		const revoked = await known(server);
		await revoked.revoke(server.publicKey);
		await expect(connect(listener.url, { identity: client, trustStore: revoked, peer: server.publicKey })).rejects.toMatchObject({ code: 'PEER_UNKNOWN' });
	});

	it.each([
		['peer', { peer: server.fingerprint }],
		['trustStore', { trustStore: createTrustStore(memoryStorage()) }],
	])('is asked for where %s is given without it', async (name, options) => {
		const text = `${name} needs an identity: createIdentity() makes one, loadOrCreateIdentity() keeps it`;
		if (name !== 'peer') await expect(listen({ ...options, onConnection: () => {} })).rejects.toThrow(new TypeError(text));
		await expect(connect('ws://127.0.0.1:1', options)).rejects.toThrow(new TypeError(text));
	});
});

describe('an invite', () => {
	async function inviting(options: Partial<ListenOptions> = {}) {
		const invites = createInviteBook();
		const trustStore = createTrustStore(memoryStorage());
		const { listener, accepted } = await echo({ invites, trustStore, ...options });
		const invite = await createInvite({ identity: server, endpoints: [listener.url], invites });
		return { invites, trustStore, listener, accepted, invite };
	}

	it('pairs, and both know each other afterwards without it', async () => {
		const { invite, trustStore, listener } = await inviting();
		const mine = createTrustStore(memoryStorage());
		const connection = await acceptInvite(invite.link(), { identity: client, trustStore: mine });
		await roundTrip(connection);
		await connection.close();
		expect(await trustStore.get(client.publicKey)).toMatchObject({ level: 'paired', inviteId: invite.id });
		expect(await mine.get(server.publicKey)).toMatchObject({ level: 'paired', connectionId: (await trustStore.get(client.publicKey))?.connectionId });
		await roundTrip(await connect(listener.url, { identity: client, trustStore: mine }));
	});

	it('pairs one, and the next is refused with a code a program can read', async () => {
		const { invite } = await inviting();
		await (await acceptInvite(invite.link(), { identity: client })).close();
		await expect(acceptInvite(invite.link(), { identity: createIdentity() })).rejects.toMatchObject({ code: 'INVITE_REFUSED' });
		const last = getConnectionInstrumentationStats()
			.connections.filter(({ role }) => role === 'initiator')
			.at(-1);
		expect(last?.close?.verdict).toMatchObject({ word: 'invite-refused' });
	});

	it('is worth nothing once revoked', async () => {
		const { invite, invites } = await inviting();
		expect(await revokeInvite(invite.id, invites)).toBe(true);
		await expect(acceptInvite(invite.link(), { identity: client })).rejects.toMatchObject({ code: 'INVITE_REFUSED' });
	});

	it('that was changed in any letter is not dialled', async () => {
		const { invite, accepted } = await inviting();
		const link = invite.link();
		for (let at = link.indexOf('#') + 1; at < link.length; at += 23) {
			const changed = link.slice(0, at) + (link[at] === 'A' ? 'B' : 'A') + link.slice(at + 1);
			await expect(acceptInvite(changed, { identity: client })).rejects.toMatchObject({ code: 'INVITE_MALFORMED' });
		}
		expect(accepted).toHaveLength(0);
	});

	it('is tried at its next endpoint where the first does not answer or belongs to somebody else', async () => {
		const stranger = await echo({ identity: createIdentity() });
		const { invites, listener } = await inviting();
		const invite = await createInvite({ identity: server, endpoints: ['ws://127.0.0.1:1/', stranger.listener.url, listener.url], invites });
		await roundTrip(await acceptInvite(invite.link(), { identity: client }));
	});

	it('is asked for where the other side does not know this identity', async () => {
		const { listener } = await inviting();
		await expect(connect(listener.url, { identity: client })).rejects.toMatchObject({ code: 'PAIRING_REQUIRED' });
	});

	it('shows its secret nowhere but in its link', async () => {
		const { invite } = await inviting();
		const connection = await acceptInvite(invite.link(), { identity: client });
		const secret = invite.link().split('.').at(-1) as string;
		const shown = [invite, connection, getConnectionInstrumentationStats(), `${getConnectionInstrumentationReport()}`].map(
			(one) => inspect(one, { depth: 20 }) + JSON.stringify(one),
		);
		expect(shown.join()).not.toContain(secret);
	});
});

it('a listener that closes says goodbye under the seal', async () => {
	const { listener } = await echo();
	const connection = await connect(listener.url, { identity: client });
	await listener.close();
	await expect.poll(() => connection.closeInfo).toMatchObject({ code: 1001, reason: 'server shutting down' });
	expect(connection.state).toBe('CLOSED');
});
