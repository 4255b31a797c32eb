import { systemClock } from '@linkscope/core';
import { createTrustStore, memoryStorage, SyncPlugin } from '@linkscope/plugins';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
	type AcceptInviteOptions,
	acceptInvite,
	type Connection,
	connect,
	createIdentity,
	createInvite,
	getConnectionInstrumentationReport,
	getConnectionInstrumentationStats,
	installInstrumentation,
	onConnectionEvent,
	resetInstrumentation,
	watchInvite,
} from '../index.js';
import { deafPort, echoes, invitee, inviter, relaying, waiting } from './fixtures/relayed.js';

beforeEach(() => {
	const uninstall = installInstrumentation();
	resetInstrumentation();
	onTestFinished(uninstall);
});

const snapshotOf = ({ id }: Connection) => getConnectionInstrumentationStats().connections.find((one) => one.id === id);
const NOBODY = 'ws://127.0.0.1:1/';

describe('an invite that names a relay alone', () => {
	it('is accepted in the seven steps, with as many messages as the seed expects', async () => {
		const { url } = await relaying();
		const { invites, accepted } = await waiting({ relays: [url] });
		const invite = await createInvite({ identity: inviter, relays: [url], invites });
		const told: string[] = [];
		onTestFinished(onConnectionEvent(({ event, detail }) => event === 'stage' && void told.push(detail)));
		const watching = watchInvite();
		const connection = await acceptInvite(invite.link(), { identity: invitee });
		await echoes(connection);
		expect(accepted.map(({ request }) => request.relay)).toEqual([url]);
		expect(connection.peer).toMatchObject({ fingerprint: inviter.fingerprint, verified: true });
		const { stages, transport, messagesSent, messagesReceived } = snapshotOf(connection) ?? {};
		expect([transport, messagesSent, messagesReceived]).toEqual(['relay', 2, 2]);
		const count = Object.fromEntries(stages?.map(({ name, messages }) => [name, messages]) ?? []);
		expect(Object.keys(count)).toEqual(['validate', 'discover', 'connect', 'auth', 'encrypt', 'pair', 'total']);
		expect(stages?.every(({ outcome, overBudget }) => outcome === 'ok' && !overBudget)).toBe(true);
		expect([count.validate, count.discover]).toEqual([0, 5]);
		expect((count.auth ?? 0) + (count.encrypt ?? 0) + (count.pair ?? 0)).toBe(10);
		expect((await watching).stages).toEqual(stages);
		expect(told).toEqual(['validate ok', 'discover ok']);
		expect(String(getConnectionInstrumentationReport())).toMatch(/^discover +1/m);
		await connection.close();
	});

	it('leads to an address that the inviter has told there, where it can be dialled', async () => {
		const { server, url } = await relaying();
		const { invites, accepted } = await waiting({ relays: [url], port: 0 });
		const invite = await createInvite({ identity: inviter, relays: [url], invites });
		const connection = await acceptInvite(invite.link(), { identity: invitee });
		await echoes(connection);
		expect(snapshotOf(connection)).toMatchObject({
			transport: 'websocket',
			stages: expect.arrayContaining([expect.objectContaining({ name: 'discover', messages: 5 })]),
		});
		expect(accepted).toMatchObject([{ request: { remoteAddress: '127.0.0.1' } }]);
		// The inviter's two spare registrations; the conversation in which it was found is over.
		await expect.poll(() => server.counts.connections).toBe(2);
		await connection.close();
	});

	it.each<[string, () => Promise<string>]>([
		['is not there', async () => NOBODY],
		['is somebody else', async () => (await waiting({ identity: createIdentity() })).listener.url],
	])('goes over the relay where the address told there %s', async (_, address) => {
		const { url } = await relaying();
		const { invites } = await waiting({ relays: [url], endpoints: [await address()] });
		const invite = await createInvite({ identity: inviter, relays: [url], invites });
		const connection = await acceptInvite(invite.link(), { identity: invitee });
		expect(snapshotOf(connection)?.transport).toBe('relay');
		await connection.close();
	});

	it('goes over the relay where a direct address says nothing, and lets go of that address', async () => {
		const { url } = await relaying();
		const deaf = await deafPort();
		const { invites } = await waiting({ relays: [url] });
		const invite = await createInvite({ identity: inviter, endpoints: [deaf.url], relays: [url], invites });
		const connection = await acceptInvite(invite.link(), { identity: invitee });
		expect(snapshotOf(connection)?.transport).toBe('relay');
		await expect.poll(() => deaf.sockets.size).toBe(0);
		const dropped = getConnectionInstrumentationStats().connections.find(({ url: dialled }) => deaf.url.startsWith(dialled));
		expect(dropped).toMatchObject({ state: 'CLOSED', close: { reason: 'Duplicate connection - dropped new connection' }, errors: 0 });
		await connection.close();
	});

	it('takes plugins from a function, new ones for each way that is tried, and from an array for one way', async () => {
		const { url } = await relaying();
		const { invites } = await waiting({ relays: [url], plugins: () => [new SyncPlugin()] });
		const accept = async (endpoints: string[], plugins: AcceptInviteOptions['plugins']) => {
			const invite = await createInvite({ identity: inviter, endpoints, relays: [url], invites });
			return acceptInvite(invite.link(), { identity: invitee, plugins });
		};
		for (const [endpoints, plugins] of [
			[[NOBODY], () => [new SyncPlugin()]],
			[[], [new SyncPlugin()]],
		] as const) {
			const connection = await accept([...endpoints], plugins);
			expect(connection.plugins).toContain('sync');
			await connection.close();
		}
		const error = await accept([NOBODY], [new SyncPlugin()]).catch((thrown) => thrown);
		expect(error).toMatchObject({ code: 'PLUGIN_REUSED', message: expect.stringContaining('plugins: () => [') });
		expect(error.errors.map(({ code }: { code: string }) => code)).toEqual(['OPEN_FAILED', 'PLUGIN_REUSED']);
	});

	it('does not give up a way that is slow because an array of plugins serves no other', async () => {
		const { url } = await relaying();
		const deaf = await deafPort();
		const { invites } = await waiting({ relays: [url] });
		const invite = await createInvite({ identity: inviter, endpoints: [deaf.url], relays: [url], invites });
		const accepting = acceptInvite(invite.link(), { identity: invitee, plugins: [new SyncPlugin()], openTimeoutMs: 600 }).catch((thrown) => thrown);
		expect((await accepting).errors.map(({ code }: { code: string }) => code)).toEqual(['OPEN_TIMEOUT', 'PLUGIN_REUSED']);
	});

	it('says what to do where the inviter is not online', async () => {
		const { server, url } = await relaying();
		const invite = await createInvite({ identity: inviter, endpoints: [NOBODY], relays: [url] });
		const error = await acceptInvite(invite.link(), { identity: invitee }).catch((thrown) => thrown);
		expect(error).toMatchObject({ code: 'NOT_REGISTERED', message: expect.stringMatching(/is not online at ws:\/\/127.*ask it to open its application/) });
		expect(error.errors.map(({ code }: { code: string }) => code)).toEqual(['OPEN_FAILED', 'NOT_REGISTERED']);
		await expect.poll(() => server.counts.connections).toBe(0);
	});

	it('that was revoked or used is refused for good, over the relay as well', async () => {
		const { url } = await relaying();
		const { invites, accepted } = await waiting({ relays: [url] });
		const invite = await createInvite({ identity: inviter, relays: [url], invites });
		await (await acceptInvite(invite.link(), { identity: invitee })).close();
		await expect(acceptInvite(invite.link(), { identity: createIdentity() })).rejects.toMatchObject({ code: 'INVITE_REFUSED' });
		expect(accepted).toHaveLength(2);
	});

	it('says that its time was over by this clock, where it was refused or the inviter is gone', async () => {
		const { url } = await relaying();
		const { invites, listener } = await waiting({ relays: [url], port: 0 });
		const invite = await createInvite({ identity: inviter, relays: [url], invites, expiresInMs: 60_000 });
		await invites.revoke(invite.id);
		const failure = () => acceptInvite(invite.link(), { identity: createIdentity() }).catch(({ code, message }) => [code, message]);
		expect(await failure()).toEqual(['INVITE_REFUSED', expect.not.stringContaining('clock')]);
		const epoch = vi.spyOn(systemClock, 'epoch').mockReturnValue(systemClock.epoch() + 5.5 * 60_000);
		onTestFinished(() => epoch.mockRestore());
		const late = expect.stringMatching(/; by this device's clock the invite ended 5 min ago$/);
		expect(await failure()).toEqual(['INVITE_REFUSED', late]);
		const dialled = connect(listener.url, { identity: createIdentity(), invite: invite.link() });
		await expect(dialled).rejects.toMatchObject({ code: 'INVITE_REFUSED', message: late });
		await listener.close();
		expect(await failure()).toEqual(['NOT_REGISTERED', late]);
	});

	it('is found at its next relay where the first is down or does not know the inviter', async () => {
		const [knowing, other] = [await relaying(), await relaying()];
		const { invites } = await waiting({ relays: [knowing.url] });
		const invite = await createInvite({ identity: inviter, relays: [NOBODY, other.url, knowing.url], invites });
		const connection = await acceptInvite(invite.link(), { identity: invitee });
		await echoes(connection);
		expect(snapshotOf(connection)?.url).toBe(knowing.url);
		await connection.close();
	});
});

describe('an invite that names both', () => {
	it('does not wait for a relay that does not answer', async () => {
		const deaf = await deafPort();
		const { invites, listener } = await waiting({});
		const invite = await createInvite({ identity: inviter, endpoints: [listener.url], relays: [deaf.url], invites });
		const connection = await acceptInvite(invite.link(), { identity: invitee });
		expect(snapshotOf(connection)?.stages.map(({ name, outcome }) => [name, outcome])).toContainEqual(['discover', 'aborted']);
		await expect.poll(() => deaf.sockets.size).toBe(0);
		await connection.close();
	});

	it('goes direct where the relay is down, and says so in the stages', async () => {
		const { invites, listener } = await waiting({});
		const invite = await createInvite({ identity: inviter, endpoints: [listener.url], relays: [NOBODY], invites });
		const connection = await acceptInvite(invite.link(), { identity: invitee });
		expect(snapshotOf(connection)?.stages.map(({ name, outcome }) => [name, outcome])).toContainEqual(['discover', 'failed']);
		await connection.close();
	});
});

describe('a caller that gives up', () => {
	it('while the relay is asked leaves nothing open', async () => {
		const deaf = await deafPort();
		const invite = await createInvite({ identity: inviter, relays: [deaf.url] });
		const controller = new AbortController();
		const accepting = acceptInvite(invite.link(), { identity: invitee, signal: controller.signal });
		await expect.poll(() => deaf.sockets.size).toBe(1);
		controller.abort();
		await expect(accepting).rejects.toMatchObject({ code: 'CONNECTION_ABORTED' });
		await expect.poll(() => deaf.sockets.size).toBe(0);
	});

	it('while the inviter is dialled leaves nothing open', async () => {
		const { server, url } = await relaying();
		const deaf = await deafPort();
		await waiting({ relays: [url] });
		const invite = await createInvite({ identity: inviter, endpoints: [deaf.url], relays: [url] });
		const controller = new AbortController();
		const accepting = acceptInvite(invite.link(), { identity: invitee, signal: controller.signal });
		await expect.poll(() => deaf.sockets.size).toBe(1);
		controller.abort();
		await expect(accepting).rejects.toMatchObject({ code: 'CONNECTION_ABORTED' });
		await expect.poll(() => deaf.sockets.size).toBe(0);
		await expect.poll(() => server.counts.connections).toBe(2);
	});

	it('before it began dials nothing', async () => {
		const deaf = await deafPort();
		const invite = await createInvite({ identity: inviter, relays: [deaf.url] });
		await expect(acceptInvite(invite.link(), { identity: invitee, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CONNECTION_ABORTED' });
		expect(deaf.sockets.size).toBe(0);
	});
});

it('a mistake of the caller is said before anything is dialled', async () => {
	const deaf = await deafPort();
	const invite = await createInvite({ identity: inviter, relays: [deaf.url] });
	await expect(acceptInvite(invite.link(), { identity: undefined as never })).rejects.toThrow(/^invite needs an identity/);
	await expect(acceptInvite(invite.link(), { identity: invitee, trustStore: {} as never })).rejects.toThrow(/^trustStore must be/);
	expect(deaf.sockets.size).toBe(0);
});

it('an inviter that was revoked on this side is not trusted over a relay either', async () => {
	const { url } = await relaying();
	const trustStore = createTrustStore(memoryStorage());
	const { invites } = await waiting({ relays: [url] });
	const invite = await createInvite({ identity: inviter, relays: [url], invites });
	await trustStore.put({ identity: inviter.publicKey, level: 'revoked' });
	await trustStore.revoke(inviter.publicKey);
	await expect(acceptInvite(invite.link(), { identity: invitee, trustStore })).rejects.toMatchObject({ code: 'PEER_UNKNOWN' });
});
