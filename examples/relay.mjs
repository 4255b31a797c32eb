// Two who cannot dial each other meet at a relay. It pipes between them, and can read nothing.

import { createRelayServer } from '@linkscope/relay-server';
import { connectViaRelay, createIdentity, listen } from 'linkscope';

const relay = createRelayServer({ port: 0 });
const { url } = await relay.listen();

// Alice opens no port: she waits at the relay.
const alice = createIdentity();
const waiting = await listen({
	identity: alice,
	relays: [url],
	onConnection(connection) {
		connection.onMessage.on((text) => connection.send(`Alice has read: ${text}`));
	},
});
console.log('Alice waits at the relay:', waiting.relays[0].state);

// Bob knows who she is and where she waits; from here the two talk as if there were no relay.
const bob = await connectViaRelay(url, { identity: createIdentity(), peer: alice.publicKey });
bob.send('hello behind your firewall');
const { value } = await bob.messages().next();
console.log(value);
console.log('At the other end:', bob.peer.fingerprint === alice.fingerprint ? 'Alice' : 'somebody else');

await bob.close();
await waiting.close();
await relay.close();
