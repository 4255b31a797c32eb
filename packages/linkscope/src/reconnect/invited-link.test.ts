import { expect, test, vi } from 'vitest';
import { type Connection, connect, createIdentity, createInvite, createInviteBook, listen } from '../index.js';

test('an invite is for the first connection: whoever has paired comes back without', async () => {
	const [host, guest] = [createIdentity(), createIdentity()];
	const invites = createInviteBook();
	const peers: Connection[] = [];
	const server = await listen({ identity: host, invites, onConnection: (connection) => void peers.push(connection) });
	const invite = await createInvite({ identity: host, invites, endpoints: ['wss://host.example/'] });
	const link = await connect(server.url, { identity: guest, invite: invite.link(), reconnect: true });
	peers[0]?.terminate();
	await vi.waitFor(() => expect(link.status.reconnects).toBe(1), { timeout: 5_000 });
	expect(link.connection?.state).toBe('ACTIVE');
	await link.close();
	await server.close();
});
