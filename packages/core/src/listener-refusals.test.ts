import { afterEach, beforeEach, expect, test } from 'vitest';
import { Connection } from './connection.js';
import { hub, type ProbeEvent } from './probe.js';
import { openScripted, ScriptedTransport } from './scripted-transport.fixture.js';
import { settle } from './testing/fake-clock.js';
import { createMemoryPair } from './testing/memory-pair.js';

// The echo server of the README lets every error of send() escape from its listener.
function echo(connection: Connection): void {
	connection.onMessage.on((message) => connection.send(message));
}

let uncaught: unknown[];
let others: NodeJS.UncaughtExceptionListener[];
const note = (error: unknown): void => void uncaught.push(error);

beforeEach(() => {
	uncaught = [];
	others = process.listeners('uncaughtException');
	process.removeAllListeners('uncaughtException');
	process.on('uncaughtException', note);
});

afterEach(() => {
	process.off('uncaughtException', note);
	for (const listener of others) process.on('uncaughtException', listener);
});

/** Whatever was thrown for later has been thrown. */
async function uncaughtCodes(): Promise<unknown[]> {
	await settle();
	await new Promise((resolve) => setImmediate(resolve));
	return uncaught.map((error) => (error as { code?: string }).code ?? (error as Error).message);
}

test('an echo to a connection that closes is thrown at nobody and told to nobody', async () => {
	const { transport, connection } = await openScripted();
	echo(connection);
	const errors: ProbeEvent[] = [];
	const off = hub.subscribe((event) => event.type === 'error' && errors.push(event));
	const closed = connection.close();
	transport.sink.message('late');
	expect(connection.state).toBe('CLOSING');
	transport.sink.closed({ code: 1000, reason: '', wasClean: true, initiatedBy: 'local' });
	await closed;
	off();
	expect(await uncaughtCodes()).toEqual([]);
	expect(errors).toEqual([]);
});

test('an answer to the state CLOSED is nobody else’s end', async () => {
	const { connection } = await openScripted();
	connection.onState.on(() => connection.send('is anybody there?'));
	connection.terminate();
	expect(await uncaughtCodes()).toEqual([]);
});

test('messages that were held when the connection failed may be answered', async () => {
	const { transport, connection } = await openScripted();
	for (let i = 0; i < 3; i++) transport.sink.message('held');
	transport.sink.closed({ code: 1006, reason: '', wasClean: false, initiatedBy: 'network' });
	echo(connection);
	expect(await uncaughtCodes()).toEqual([]);
	expect(connection.state).toBe('FAILED');
});

test('an echo to a peer that does not read fails this connection, and the peer is told', async () => {
	const { transport, connection } = await openScripted({ maxBufferedBytes: 1000 });
	echo(connection);
	transport.accept = false;
	for (let i = 0; i < 20; i++) transport.sink.message('x'.repeat(100));
	expect(await uncaughtCodes()).toEqual([]);
	expect(connection.closeInfo).toMatchObject({ error: { code: 'SEND_QUEUE_FULL' }, wasClean: false });
	expect(transport.closes).toEqual([[4413, 'SEND_QUEUE_FULL']]);
});

test('an echo of what the peer would not take fails this connection, and the peer is told', async () => {
	const [a, b] = createMemoryPair({ maxMessageBytes: 10 });
	const server = new Connection(a);
	const peer = new Connection(b, { initiator: false });
	server.onMessage.on((message) => server.send(`you said ${message as string}`));
	await Promise.all([server.open(), peer.open()]);
	peer.send('too much');
	expect(await uncaughtCodes()).toEqual([]);
	expect(server.state).toBe('FAILED');
	expect(peer.closeInfo).toMatchObject({ code: 4409, reason: 'MESSAGE_TOO_BIG' });
});

test('a plugin that throws within an echo fails its own connection only', async () => {
	const { transport, connection } = await openScripted({
		plugins: [
			{
				name: 'p',
				outgoing: () => {
					throw new Error('broken');
				},
			},
		],
	});
	echo(connection);
	transport.sink.message('x');
	expect(await uncaughtCodes()).toEqual([]);
	expect(connection.closeInfo).toMatchObject({ error: { code: 'PLUGIN_FAILED' } });
});

test('too much sent to a state before ACTIVE fails open()', async () => {
	const connection = new Connection(new ScriptedTransport(), { maxQueuedBytes: 10 });
	connection.onState.on(() => connection.send('more than fits'));
	await expect(connection.open()).rejects.toMatchObject({ code: 'SEND_QUEUE_FULL' });
	expect(await uncaughtCodes()).toEqual([]);
});

test('send() still throws to its caller, and an error that is caught ends nothing', async () => {
	const { transport, connection } = await openScripted({ maxBufferedBytes: 150 });
	const caught: unknown[] = [];
	connection.onMessage.on((message) => {
		try {
			connection.send(message);
		} catch (error) {
			caught.push(error);
		}
	});
	transport.accept = false;
	for (let i = 0; i < 5; i++) transport.sink.message('x');
	expect(caught).toHaveLength(2);
	expect(caught[0]).toMatchObject({ code: 'SEND_QUEUE_FULL' });
	expect(connection.state).toBe('ACTIVE');
	expect(await uncaughtCodes()).toEqual([]);
});

test('the error of another connection, and a mistake, are uncaught as ever', async () => {
	const { transport, connection } = await openScripted();
	const other = (await openScripted()).connection;
	other.terminate();
	connection.onMessage.on((message) => other.send(message));
	connection.onMessage.on(() => connection.send(42 as unknown as string));
	connection.onMessage.on(() => {
		throw new Error('mine');
	});
	transport.sink.message('x');
	expect(await uncaughtCodes()).toEqual(['CONNECTION_CLOSED', 'a message is a string or a Uint8Array, got number', 'mine']);
	expect(connection.state).toBe('ACTIVE');
});
