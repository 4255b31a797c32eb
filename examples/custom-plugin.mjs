// A plugin of your own: numbers each text on its way out, checks and removes the number on its way in.
import { Connection, createMemoryPair } from 'linkscope';

class NumberingPlugin {
	name = 'numbering';
	needs = { ordered: true };
	#sent = 0;
	#received = 0;

	outgoing(payload) {
		return `${++this.#sent} ${payload}`;
	}

	incoming(payload) {
		const [number] = payload.split(' ', 1);
		// What a plugin throws fails its own connection, with this text.
		if (Number(number) !== ++this.#received) throw new Error(`expected message ${this.#received}, got ${number}`);
		return payload.slice(number.length + 1);
	}
}

const [here, there] = createMemoryPair();
const alice = new Connection(here, { plugins: [new NumberingPlugin()] });
const bob = new Connection(there, { initiator: false, plugins: [new NumberingPlugin()] });
bob.onMessage.on((message) => console.log('Bob reads', message));

await Promise.all([alice.open(), bob.open()]);
console.log('Chain, wire side first:', alice.plugins.join(', '));
alice.send('first');
alice.send('second');
await alice.close();
