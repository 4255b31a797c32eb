import { createServer } from 'node:net';
import { type Connection, createIdentity, createInvite, createInviteBook, type Identity, type Invite, type Listener, listen } from 'linkscope';

/** Somebody in Node who waits for the page, and sends back what comes. */
export interface Inviter {
	readonly identity: Identity;
	readonly listener: Listener;
	readonly accepted: Connection[];
	readonly invites: ReturnType<typeof createInviteBook>;
	invite(options?: { endpoints?: readonly string[]; relays?: readonly string[]; uses?: number; expiresInMs?: number }): Promise<Invite>;
}

export async function startInviter({ relays = [] }: { relays?: readonly string[] } = {}): Promise<Inviter> {
	const identity = createIdentity();
	const invites = createInviteBook();
	const accepted: Connection[] = [];
	const listener = await listen({
		identity,
		invites,
		host: '127.0.0.1',
		relays,
		onConnection(connection) {
			accepted.push(connection);
			connection.onMessage.on((message) => connection.send(message));
		},
	});
	return {
		identity,
		listener,
		accepted,
		invites,
		invite: ({ endpoints = [listener.url], ...more } = {}) => createInvite({ identity, endpoints, invites, ...more }),
	};
}

/** A server that takes connections and never says a word. */
export async function startSilentServer(): Promise<{ url: string; close(): void }> {
	const server = createServer((socket) => socket.on('error', () => socket.destroy()));
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as { port: number };
	return { url: `ws://127.0.0.1:${port}/`, close: () => server.close() };
}
