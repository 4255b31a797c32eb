// Connections over a transport that goes nowhere, without plugins and with pass-through ones.
import { performance } from 'node:perf_hooks';
import { Connection, hub } from '@linkscope/core';
import { serveCommands } from '../harness/serve-commands.mjs';

class NowhereTransport {
	kind = 'nowhere';
	remote = 'nowhere:';
	features = { text: true, ordered: true, reliable: true, maxMessageBytes: Number.POSITIVE_INFINITY };
	async open(sink) {
		this.sink = sink;
	}
	send() {
		return true;
	}
	close() {}
	terminate() {}
}

// Classes of their own: plugins of an application have different shapes too, and calls through one place are megamorphic.
function passThrough(name) {
	return new (class {
		name = name;
		outgoing(payload) {
			return payload;
		}
		incoming(payload) {
			return payload;
		}
	})();
}

const cells = new Map();
for (const plugins of [0, 10]) {
	const transport = new NowhereTransport();
	const connection = new Connection(transport, { plugins: Array.from({ length: plugins }, (_, index) => passThrough(`plugin-${index}`)) });
	connection.onMessage.on(() => {});
	await connection.open();
	cells.set(plugins, { transport, connection });
}

serveCommands({
	/** Somebody listens to the probes, as installed instrumentation does. */
	observe: () => void hub.subscribe(() => {}),
	/** Nanoseconds a message. */
	time({ plugins, direction, messages }) {
		const { transport, connection } = cells.get(plugins);
		const payload = new Uint8Array(800);
		const startMs = performance.now();
		if (direction === 'sent') for (let i = 0; i < messages; i++) connection.send(payload);
		else for (let i = 0; i < messages; i++) transport.sink.message(payload);
		return ((performance.now() - startMs) * 1e6) / messages;
	},
});
