// Two devices that keep who they are: they pair by an invite, restart, meet again without one, until one of them is revoked.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acceptInvite, connect, createInvite, createInviteBook, createTrustStore, fileStorage, listen, loadOrCreateIdentity, revokeInvite } from 'linkscope';

const folder = await mkdtemp(join(tmpdir(), 'linkscope-'));

/** What a device knows that has just started: what is in its folder, and nothing else. */
async function start(who) {
	const storage = fileStorage(join(folder, who));
	const identity = await loadOrCreateIdentity(storage);
	return { identity, trustStore: createTrustStore(storage), invites: createInviteBook({ storage }) };
}

/** The host knows its guests by its trust store, and takes the invites of its book. */
const serve = (host) => listen({ ...host, onConnection: (connection) => connection.onMessage.on((text) => connection.send(`hello, ${text}`)) });

async function greet(connection) {
	connection.send('guest');
	const { value } = await connection.messages().next();
	await connection.close();
	return value;
}

let host = await start('host');
let guest = await start('guest');
let server = await serve(host);

// An address that the guest can dial: with another machine not this one, which is of the loopback.
const invite = await createInvite({ identity: host.identity, endpoints: [server.url], invites: host.invites });
const { identity, trustStore } = guest;
console.log('With the invite:', await greet(await acceptInvite(invite.link(), { identity, trustStore })));
await server.close();

const before = [host, guest].map((who) => who.identity.fingerprint);
[host, guest] = [await start('host'), await start('guest')];
server = await serve(host);
console.log(
	'After a restart they are the same:',
	[host, guest].every((who, i) => who.identity.fingerprint === before[i]),
);

// Whom it paired with is in the trust store: given here, it lets in nobody else at the other end either.
const dial = () => connect(server.url, { identity: guest.identity, trustStore: guest.trustStore });
console.log('Without an invite:', await greet(await dial()));

// From its next connection on: what is open stays open, unless the host closes it.
await host.trustStore.revoke(guest.identity.fingerprint);
console.log('Revoked:', await dial().catch((error) => error.code));

const unused = await createInvite({ identity: host.identity, endpoints: [server.url], invites: host.invites });
await revokeInvite(unused.id, host.invites);
console.log('With a revoked invite:', await acceptInvite(unused.link(), { identity: guest.identity }).catch((error) => error.code));

await server.close();
await rm(folder, { recursive: true });
