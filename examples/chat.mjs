// A chat of two that also works while they are apart: each keeps every message as an object, and what one has missed comes with the next connection.
import { connect, createIdentity, listen, memoryObjectStore, SyncPlugin } from 'linkscope';

const encode = (message) => new TextEncoder().encode(JSON.stringify(message));
const decode = (bytes) => JSON.parse(new TextDecoder().decode(bytes));

class Chatter {
	identity = createIdentity();
	// With fileObjectStore(folder), or indexedDbObjectStore() in a page, the history outlives the program.
	store = memoryObjectStore();
	connection = null;
	lastSync = null;

	constructor(name) {
		this.name = name;
	}

	plugins = () => [new SyncPlugin({ store: this.store })];

	/** First the past, then what is said from now on. The other side does the same. */
	async join(connection) {
		this.connection = connection;
		connection.onMessage.on((message) => void this.store.put(message).catch(() => connection.close('not a message of this chat')));
		connection.onClose.once(() => {
			this.connection = null;
		});
		const { cursor, newObjects } = await connection.plugin('sync').sync({ since: this.lastSync });
		this.lastSync = cursor;
		console.log(`${this.name} missed ${newObjects}`);
	}

	async say(text) {
		// Behind all that this side has seen, whatever the clocks of the two say.
		const turn = (await this.history()).length;
		const message = encode({ turn, from: this.name, text });
		this.connection?.send(message.slice());
		await this.store.put(message);
	}

	async history() {
		const stored = await this.store.list(null, 1000);
		const messages = await Promise.all(stored.map(async ({ id }) => decode(await this.store.get(id))));
		return messages.sort((a, b) => a.turn - b.turn || a.from.localeCompare(b.from)).map(({ from, text }) => `${from}: ${text}`);
	}
}

const [alice, bob] = [new Chatter('Alice'), new Chatter('Bob')];
let joined;
const server = await listen({
	identity: alice.identity,
	plugins: alice.plugins,
	onConnection: (connection) => {
		joined = alice.join(connection);
	},
});

async function meet() {
	const connection = await connect(server.url, { identity: bob.identity, peer: alice.identity.fingerprint, plugins: bob.plugins() });
	await bob.join(connection);
	await joined;
}

await alice.say('Anybody there?');
await meet();
await bob.say('Yes, for a minute');
// What was sent arrives before the end does.
await bob.connection.close();

await bob.say('(on a train) Can you hear me?');
await alice.say('Lost you');
await alice.say('Call me');
await meet();
await alice.connection.close();
await server.close();

console.log((await alice.history()).join('\n'));
console.log('Bob has the same:', (await bob.history()).join() === (await alice.history()).join());
