import { expect, inject, it } from 'vitest';
import { acceptInvite, createIdentity, createInvite, createInviteBook, listen } from '../index.browser.js';

it('two pages meet by an invite, over a relay', async () => {
	const [inviter, invitee, invites] = [createIdentity(), createIdentity(), createInviteBook()];
	const relays = [inject('relayUrl')];
	const listener = await listen({
		identity: inviter,
		invites,
		relays,
		onConnection: (connection) => connection.onMessage.on((message) => connection.send(message)),
	});
	const invite = await createInvite({ identity: inviter, relays, invites });
	const connection = await acceptInvite(invite.link(), { identity: invitee });
	expect(connection.peer?.fingerprint).toBe(inviter.fingerprint);
	connection.send('hello ✓');
	expect((await connection.messages().next()).value).toBe('hello ✓');
	await listener.close();
	// A page may not say 1001.
	await expect.poll(() => connection.closeInfo).toMatchObject({ code: 1000, reason: 'server shutting down' });
});
