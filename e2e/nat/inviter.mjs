// Waits at the relay for whoever has the invite: node inviter.mjs <relay> <own address> <the relay as the invited one sees it>
import { createIdentity, createInvite, issuedInvites, listen } from 'linkscope';

const [relay, address, relayOfOthers] = process.argv.slice(2);
const identity = createIdentity();
const listener = await listen({
	identity,
	invites: issuedInvites,
	host: address,
	relays: [relay],
	onConnection: (connection) => connection.onMessage.on((message) => connection.send(`echo of ${message}`)),
});
const invite = await createInvite({ identity, endpoints: [listener.url], relays: [relayOfOthers] });
console.log(invite.link());
process.stdin.resume().once('end', () => listener.close());
