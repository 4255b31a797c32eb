import { connect, createIdentity, getConnectionInstrumentationStats, installInstrumentation } from 'linkscope';
import { serveDialLoop } from '../loops/dial-loop.mjs';

const [url] = process.argv.slice(2);
const identity = createIdentity();
installInstrumentation();

const SECURING = ['auth', 'encrypt', 'pair'];

serveDialLoop(
	async () => {
		const connection = await connect(url, { identity });
		return {
			send: (payload) => connection.send(payload),
			onMessage: (receive) => connection.onMessage.once(receive),
			end: () => connection.close(),
		};
	},
	{
		/** @returns milliseconds that authentication, encryption and pairing took together, one a connection, as the stats tell it. */
		async securedMs({ count, invite }) {
			const connections = [];
			for (let i = 0; i < count; i++) connections.push(await connect(url, { identity, invite }));
			const ids = new Set(connections.map(({ id }) => id));
			const records = getConnectionInstrumentationStats().connections.filter(({ id }) => ids.has(id));
			await Promise.all(connections.map((connection) => connection.close()));
			return records.map(({ stages }) => stages.filter(({ name }) => SECURING.includes(name)).reduce((sum, { durationMs }) => sum + durationMs, 0));
		},
	},
);
