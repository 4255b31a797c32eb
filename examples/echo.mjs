// A server that answers with what it gets, and a client.
import { connect, listen } from 'linkscope';

const server = await listen({
	onConnection(connection) {
		connection.onMessage.on((message) => connection.send(message));
	},
});

const connection = await connect(server.url);
connection.send('Hello, world!');
connection.send(new Uint8Array([1, 2, 3]));

let received = 0;
for await (const message of connection.messages()) {
	console.log('Received', message);
	if (++received === 2) break;
}
await connection.close();
await server.close();
