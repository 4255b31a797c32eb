// A session that outlives its connection: what is sent while there is none arrives over the next one, once.
import { ContinuitySession, ContinuitySessions, connect, createIdentity, listen } from 'linkscope';

const [alice, bob] = [createIdentity(), createIdentity()];

// The side that accepts keeps the sessions of all its peers, and finds the one that a connection takes up.
const sessions = new ContinuitySessions();
const server = await listen({
	identity: alice,
	plugins: () => [sessions.plugin()],
	onConnection: (connection) => connection.onMessage.on((text) => console.log('Alice reads', text)),
});

// The side that dials keeps its one session, and gives each connection a plugin of it.
const session = new ContinuitySession();
session.onLost.on(({ error, unacknowledged }) => console.log(error.code, unacknowledged));
const dial = () => connect(server.url, { identity: bob, peer: alice.fingerprint, plugins: [session.plugin()] });

const first = await dial();
first.send('one');
first.terminate(); // as when the network goes: nobody knows whether "one" arrived

session.send('two, while there is no connection');

const second = await dial();
second.send('three');
await second.close(); // in good order: it waits until everything has arrived, and ends the session
console.log('Connections of the session:', session.generation);
await server.close();
