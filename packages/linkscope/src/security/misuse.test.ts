import { once } from 'node:events';
import { createMemoryPair } from '@linkscope/core/testing';
import { createTrustStore, EncryptionPlugin, memoryStorage, SecurityError, type TrustStore } from '@linkscope/plugins';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import {
	acceptInvite,
	Connection,
	connect,
	createIdentity,
	createInvite,
	createInviteBook,
	getConnectionInstrumentationStats,
	installInstrumentation,
	type Listener,
	type ListenOptions,
	listen,
	revokeInvite,
} from '../index.js';

const [server, client, other] = [createIdentity(), createIdentity(), createIdentity()];

async function listening(options: Partial<ListenOptions> = {}): Promise<Listener> {
	const listener = await listen({ onConnection: () => {}, ...options });
	onTestFinished(() => listener.close());
	return listener;
}

describe('a peer named beside an invite', () => {
	it('must be the inviter, or nothing is dialled', async () => {
		const invites = createInviteBook();
		const listener = await listening({ identity: server, invites });
		const link = (await createInvite({ identity: server, endpoints: [listener.url], invites })).link();
		for (const peer of [other.fingerprint, other.publicKey]) {
			for (const wrong of [connect(listener.url, { identity: client, peer, invite: link }), acceptInvite(link, { identity: client, peer })]) {
				const error = await wrong.catch((thrown) => thrown);
				expect(error).toBeInstanceOf(SecurityError);
				expect(error).toMatchObject({ code: 'PEER_MISMATCH' });
				expect(error.message).toContain(other.fingerprint);
				expect(error.message).toContain(server.fingerprint);
			}
		}
		expect(listener.connectionCount).toBe(0);
		await (await acceptInvite(link, { identity: client, peer: server.fingerprint })).close();
	});
});

describe('what should secure a connection and cannot', () => {
	const link = 'https://x.example/#invite';
	const cases: [string, object][] = [
		['identity', { identity: client }],
		['peer', { peer: server.fingerprint }],
		['trustStore', { trustStore: createTrustStore(memoryStorage()) }],
		['invite', { invite: link }],
		['invites', { invites: createInviteBook() }],
		['identity', { identity: null }],
	];

	it.each(cases)('%s is refused by new Connection(), over a WebSocket and over a transport: it would be plaintext', async (name, options) => {
		const listener = await listening();
		const socket = new WebSocket(listener.url);
		await once(socket, 'open');
		onTestFinished(() => socket.terminate());
		const [transport] = createMemoryPair();
		for (const source of [socket, transport]) {
			expect(() => new Connection(source as never, options)).toThrow(TypeError);
			expect(() => new Connection(source as never, options)).toThrow(new RegExp(`^${name} would secure nothing here: use connect\\(\\) or listen\\(\\)`));
		}
	});

	it.each(['identity', 'peer', 'trustStore', 'invites'])('%s: null is a mistake on either side, not the wish for none', async (name) => {
		const refused = new TypeError(`${name} must not be null: leave it out where there is none`);
		await expect(listen({ identity: server, onConnection: () => {}, [name]: null })).rejects.toThrow(refused);
		await expect(connect('ws://127.0.0.1:1', { identity: client, [name]: null })).rejects.toThrow(refused);
	});

	it('a plugin that the identity brings is refused, and leaves nothing in the stats', async () => {
		const uninstall = installInstrumentation();
		onTestFinished(uninstall);
		const before = getConnectionInstrumentationStats().connections.length;
		const connecting = connect('ws://127.0.0.1:1', { identity: client, plugins: [new EncryptionPlugin()] });
		await expect(connecting).rejects.toMatchObject({ code: 'PLUGIN_DUPLICATE', message: expect.stringContaining('leave encryption out of plugins') });
		const [transport] = createMemoryPair();
		const twice = { plugins: [new EncryptionPlugin(), new EncryptionPlugin()] };
		expect(() => new Connection(transport, twice)).toThrow(expect.objectContaining({ code: 'PLUGIN_DUPLICATE' }));
		const { connections } = getConnectionInstrumentationStats();
		expect(connections.slice(before).map(({ state, close }) => [state, close?.verdict.word])).toEqual([['FAILED', 'unknown']]);
	});

	it('an invite is revoked by its id alone', async () => {
		const invites = createInviteBook();
		const invite = await createInvite({ identity: server, endpoints: ['wss://a.example/'], invites });
		for (const wrong of [invite.link(), invite, undefined]) await expect(revokeInvite(wrong as never, invites)).rejects.toThrow(/give invite\.id$/);
		await expect(revokeInvite(invite.id, memoryStorage() as never)).rejects.toThrow(/^invites must be an invite book/);
		await expect(createInvite({ identity: server, endpoints: ['wss://a.example/'], invites: memoryStorage() as never })).rejects.toThrow(TypeError);
		expect(await revokeInvite(invite.id, invites)).toBe(true);
	});

	it.each([{}, memoryStorage()])('no trust store and no invite book are no such things', async (something) => {
		const nothing = something as never;
		await expect(listen({ identity: server, onConnection: () => {}, trustStore: nothing })).rejects.toThrow(/^trustStore must be a trust store/);
		await expect(connect('ws://127.0.0.1:1', { identity: client, trustStore: nothing })).rejects.toThrow(/^trustStore must be a trust store/);
		await expect(listen({ identity: server, onConnection: () => {}, invites: nothing })).rejects.toThrow(/^invites must be an invite book/);
	});

	it('a trust store that answers with another level than its own trusts nobody', async () => {
		const listener = await listening({ identity: server });
		const trustStore = { get: async () => ({ level: 'whatever' }) } as unknown as TrustStore;
		for (const peer of [undefined, server.fingerprint]) {
			await expect(connect(listener.url, { identity: client, trustStore, peer })).rejects.toMatchObject({ code: 'PEER_UNKNOWN' });
		}
	});
});

describe("an invite's next endpoint", () => {
	const invited = async (first: string[], options: Partial<ListenOptions> = {}) => {
		const invites = createInviteBook();
		const listener = await listening({ identity: server, invites, ...options });
		return { listener, invite: await createInvite({ identity: server, endpoints: [...first, listener.url], invites }), invites };
	};

	it.each<[string, () => Promise<string>]>([
		['says nothing', async () => (await listening()).url],
		['talks of something else', async () => (await listening({ onConnection: (connection) => connection.send('hello from another service') })).url],
		['says what is no handshake', async () => (await listening({ onConnection: (connection) => connection.send('{"type":"challenge"}') })).url],
		['refuses everybody', async () => (await listening({ onConnection: (connection) => void connection.close('no', 4401 as 1000) })).url],
		['is somebody else', async () => (await listening({ identity: other })).url],
		['is not there', async () => 'ws://127.0.0.1:1/'],
	])('is tried where the first %s', async (_, first) => {
		const { invite } = await invited([await first()]);
		const connection = await acceptInvite(invite.link(), { identity: client, handshakeTimeoutMs: 500 });
		expect(connection.state).toBe('ACTIVE');
		await connection.close();
	});

	it('is not tried where the inviter has refused, the caller aborts or has made a mistake', async () => {
		const { listener, invite, invites } = await invited([]);
		let reached = 0;
		const never = await listening({ onConnection: () => reached++ });
		const both = await createInvite({ identity: server, endpoints: [listener.url, never.url], invites });
		await invites.revoke(both.id);
		await expect(acceptInvite(both.link(), { identity: client })).rejects.toMatchObject({ code: 'INVITE_REFUSED' });

		const revoked = createTrustStore(memoryStorage());
		await revoked.put({ identity: server.publicKey, level: 'revoked' });
		const early = await createInvite({ identity: server, endpoints: [listener.url, never.url], invites });
		await revoked.revoke(server.publicKey);
		await expect(acceptInvite(early.link(), { identity: client, trustStore: revoked })).rejects.toMatchObject({ code: 'PEER_UNKNOWN' });

		const deaf = await listening();
		const aborted = await createInvite({ identity: server, endpoints: [deaf.url, never.url], invites });
		const controller = new AbortController();
		const accepting = acceptInvite(aborted.link(), { identity: client, signal: controller.signal });
		await expect.poll(() => deaf.connectionCount).toBe(1);
		controller.abort();
		await expect(accepting).rejects.toMatchObject({ code: 'CONNECTION_ABORTED' });

		await expect(acceptInvite(invite.link(), { identity: client, maxQueuedBytes: -1 })).rejects.toThrow(RangeError);
		expect(reached).toBe(0);
	});

	it('and all before it are in the errors of what is thrown when none of them helped', async () => {
		const stranger = await listening({ identity: other });
		const invite = await createInvite({ identity: server, endpoints: [stranger.url, 'ws://127.0.0.1:1/'], invites: createInviteBook() });
		const error = await acceptInvite(invite.link(), { identity: client }).catch((thrown) => thrown);
		expect(error).toMatchObject({ code: 'OPEN_FAILED' });
		expect(error.errors.map(({ code }: { code: string }) => code)).toEqual(['PEER_MISMATCH', 'OPEN_FAILED']);
		expect(() => JSON.stringify(error)).not.toThrow();
	});
});
