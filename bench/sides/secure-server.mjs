// An echo server of authenticated and encrypted connections; with 'pairing' only those are let in who bring an invite.
import { createIdentity, createInvite, installInstrumentation, issuedInvites, listen } from 'linkscope';
import { serveCommands } from '../harness/serve-commands.mjs';

installInstrumentation();
const identity = createIdentity();
const listening = listen({
	port: 0,
	host: '127.0.0.1',
	identity,
	invites: process.argv[2] === 'pairing' ? issuedInvites : undefined,
	onConnection: (connection) => connection.onMessage.on((payload) => connection.send(payload)),
});

serveCommands({
	url: async () => (await listening).url,

	/** The link of an invite. */
	async invite() {
		const invite = await createInvite({ identity, endpoints: [(await listening).url], expiresInMs: 3_600_000 });
		return invite.link();
	},
});
