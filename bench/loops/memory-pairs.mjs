import { Connection } from '@linkscope/core';
import { PingPongPlugin, StatisticsPlugin } from '@linkscope/plugins';
import { createMemoryPair } from '@linkscope/transports/memory';

/** A handshake of one message each way, so that a stage of the lifecycle is passed. */
function phased(name, phase) {
	return {
		name,
		phase,
		async handshake(wire) {
			wire.send(`hello of ${name}`);
			await wire.read();
		},
	};
}

function fourPlugins() {
	return [
		new StatisticsPlugin(),
		new PingPongPlugin(),
		phased('authentication', ['AUTHENTICATING', 'AUTHENTICATED']),
		phased('encryption', ['ENCRYPTING', 'ENCRYPTED']),
	];
}

/** Two joined Connections with four plugins and the stages connect, auth, encrypt and total, which have exchanged so many messages. */
export async function openMemoryPair(index, messages) {
	const pair = createMemoryPair({ name: `node-${index}`, delivery: 'burst' });
	const connections = pair.map((transport, side) => new Connection(transport, { plugins: fourPlugins(), initiator: side === 0 }));
	const received = connections.map(
		(connection) =>
			new Promise((resolve) => {
				let rest = messages;
				connection.onMessage.on(() => --rest === 0 && resolve());
			}),
	);
	await Promise.all(connections.map((connection) => connection.open()));
	for (let i = 0; i < messages; i++) for (const connection of connections) connection.send(`message ${i} of pair ${index}`);
	await Promise.all(received);
	return connections;
}
