// A transport of your own: messages over a MessagePort, such as one to a worker.
import { Connection } from 'linkscope';

class PortTransport {
	kind = 'message-port';
	remote = 'port';
	features = { text: true, ordered: true, reliable: true, maxMessageBytes: Number.POSITIVE_INFINITY };
	#port;
	#sink = null;

	constructor(port) {
		this.#port = port;
	}

	async open(sink) {
		this.#sink = sink;
		this.#port.onmessage = ({ data }) => ('payload' in data ? sink.message(data.payload) : this.#end({ ...data, initiatedBy: 'remote' }));
	}

	send(payload) {
		this.#port.postMessage({ payload });
		return true;
	}

	close(code, reason) {
		this.#port.postMessage({ code, reason });
		this.#end({ code, reason, initiatedBy: 'local' });
	}

	terminate() {
		this.close(1006, '');
	}

	// Exactly once: a second end finds no sink.
	#end(how) {
		const sink = this.#sink;
		this.#sink = null;
		this.#port.close();
		sink?.closed({ ...how, wasClean: how.code !== 1006 });
	}
}

const { port1, port2 } = new MessageChannel();
const here = new Connection(new PortTransport(port1));
const there = new Connection(new PortTransport(port2), { initiator: false });
there.onMessage.on((message) => there.send(`echo of ${message}`));
const ended = new Promise((resolve) => there.onClose.on(resolve));

await Promise.all([here.open(), there.open()]);
here.send('hello through the port');
console.log((await here.messages().next()).value);
await here.close('done');
console.log('The other end saw:', (await ended).reason);
