// A link that outlives its connections: the server goes away and comes back, and no message is lost or read twice.
import { ContinuitySessions, connect, createIdentity, listen } from 'linkscope';

const [alice, bob] = [createIdentity(), createIdentity()];
const sessions = new ContinuitySessions();
const serve = (port) =>
	listen({
		identity: alice,
		port,
		plugins: () => [sessions.plugin()],
		onConnection: (connection) => connection.onMessage.on((text) => console.log('Alice reads', text)),
	});

let server = await serve(0);
const { url, port } = server;
const link = await connect(url, { identity: bob, peer: alice.fingerprint, reconnect: true, continuity: true });
const quiet = link.onState.on((state) => console.log('The link is', state));
link.send('one');
await link.drained();

await server.close();
link.send('two, while there is no server');

server = await serve(port);
await new Promise((resolve) => link.onState.on((state) => state === 'CONNECTED' && resolve()));
link.send('three');

quiet();
await link.close(); // in good order: it waits until everything has arrived
console.log('Lost connections that were followed by another:', link.status.reconnects);
await server.close();
