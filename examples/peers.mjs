// Two that both listen and both dial: each sees the other as one peer, whoever dialled, with one connection for each of its channels.

import { acceptPeers, connectPeer, createIdentity, listen } from 'linkscope';

async function device(name) {
	const identity = createIdentity();
	const lost = [];
	const read = [];
	const onPeer = (peer) => {
		peer.onMessage.on(({ payload, channel }) => {
			console.log(`${name} reads on ${channel}: ${payload}`);
			for (const resolve of read.splice(0)) resolve();
		});
		peer.onLost.on(({ channel }) => lost.push(channel));
	};
	// Peers that come by themselves, and those dialled below, end up in the same place.
	const peers = acceptPeers({ onPeer });
	const { url, close } = await listen({ identity, ...peers.accepting });
	return {
		identity,
		url,
		lost,
		hasRead: () => new Promise((resolve) => read.push(resolve)),
		dial: (other) => connectPeer({ identity, peer: other.identity.publicKey, routes: [{ url: other.url }], peers }),
		async close() {
			await peers.close();
			await close();
		},
	};
}

const [alice, bob] = [await device('Alice'), await device('Bob')];
const [toBob, toAlice] = await Promise.all([alice.dial(bob), bob.dial(alice)]);

let read = bob.hasRead();
toBob.send('hello Bob');
await read;
read = alice.hasRead();
toAlice.send('hello Alice', { channel: 'control' });
await read;

const openConnections = () => toBob.channels.map(({ channel, connections }) => `${channel} ${connections}`).join(', ');
while (openConnections() !== 'control 1, data 1, discovery 0') await new Promise((resolve) => setTimeout(resolve, 10));
console.log('Connections:', openConnections());

// Its connections close, in good order. What is sent meanwhile waits for the next one.
read = bob.hasRead();
await toBob.stopRoute(bob.url);
toBob.send('sent while the route was stopped');
toBob.startRoute(bob.url);
await read;
console.log(`Bob lost: ${bob.lost.join() || 'nothing'}, Alice lost: ${alice.lost.join() || 'nothing'}`);

await Promise.all([alice.close(), bob.close()]);
