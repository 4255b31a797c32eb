// A relay, an inviter and an invitee in one process: from a pasted link to an ACTIVE connection.
import { performance } from 'node:perf_hooks';
import { createRelayServer } from '@linkscope/relay-server';
import { acceptInvite, createIdentity, createInvite, getConnectionInstrumentationStats, installInstrumentation, issuedInvites, listen } from 'linkscope';
import { serveCommands } from '../harness/serve-commands.mjs';

installInstrumentation();
const SECURING = ['auth', 'encrypt', 'pair'];
const identity = createIdentity();
const relay = createRelayServer({ port: 0 });
const { url } = await relay.listen();
let listener;

serveCommands({
	/** An inviter that others can dial, or that waits at the relay alone. */
	async wait({ direct }) {
		await listener?.close();
		listener = await listen({ identity, invites: issuedInvites, relays: [url], port: direct ? 0 : undefined, onConnection: () => {} });
	},

	/** One invite and one new identity each. @returns milliseconds of each, and the messages of the last. */
	async accept({ count }) {
		const tookMs = [];
		let stages = [];
		for (let i = 0; i < count; i++) {
			const link = (await createInvite({ identity, relays: [url] })).link();
			const invitee = createIdentity();
			const startMs = performance.now();
			const connection = await acceptInvite(link, { identity: invitee });
			tookMs.push(performance.now() - startMs);
			stages = getConnectionInstrumentationStats().connections.find(({ id }) => id === connection.id).stages;
			await connection.close();
		}
		const messagesOf = (...names) => stages.filter(({ name }) => names.includes(name)).reduce((sum, { messages }) => sum + messages, 0);
		return { tookMs, discovery: messagesOf('discover'), securing: messagesOf(...SECURING) };
	},

	async end() {
		await listener?.close();
		await relay.close();
	},
});
