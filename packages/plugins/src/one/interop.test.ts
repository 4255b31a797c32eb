import { Connection, type Payload } from '@linkscope/core';
import { bytesToHex } from '@linkscope/crypto/nacl';
import { dialWebSocket, wrapWebSocket } from '@linkscope/transports/websocket';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { newParty } from './fixtures/parties.js';
import { newIdentity, newKeys, ReferencePeer } from './fixtures/reference-peer.js';
import { OneFragmentationPlugin } from './fragmentation.js';
import { OneKeepalivePlugin } from './keepalive.js';
import { admitByOneInvite, joinByOneInvite } from './pair.js';
import { type OneSessionOptions, OneSessionPlugin } from './session.js';
import { OneTokenBook } from './tokens.js';

// Against a peer written from the protocol's description alone, over a real ws server.

let server: WebSocketServer;
let url: string;

beforeAll(async () => {
	server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
	await new Promise((resolve) => server.once('listening', resolve));
	url = `ws://127.0.0.1:${(server.address() as { port: number }).port}/`;
});

afterAll(() => {
	for (const client of server.clients) client.terminate();
	server.close();
});

const accepted = (): Promise<WebSocket> => new Promise((resolve) => server.once('connection', resolve));
const chain = (session: OneSessionOptions) => [new OneSessionPlugin(session), new OneKeepalivePlugin(), new OneFragmentationPlugin()];

/** Text and bytes on both sides of every limit, and text that looks like control messages. */
const messages: Payload[] = [
	'',
	'hello',
	'\ufeffgrüße 🙂',
	'keepalive',
	'keepalivex',
	'fragmentation_end',
	'fragmentation_start_string and more',
	`\ufeff${'x'.repeat(20_000)}`,
	'x'.repeat(16_383),
	'y'.repeat(16_384),
	'🙂'.repeat(50_000),
	'fragmentation_end'.repeat(2_000),
	new Uint8Array(0),
	new Uint8Array([1, 2, 3]),
	new Uint8Array(65_536).fill(1),
	new Uint8Array(65_537).fill(2),
	new Uint8Array(300_000).fill(3),
];

/** This side was dialled by a reference peer, which has shaken hands and has not spoken yet. */
async function dialledByPeer(): Promise<{ connection: Connection; opened: Promise<void>; peer: ReferencePeer }> {
	const mine = newKeys();
	const socket = accepted();
	const dialled = ReferencePeer.dial(url);
	const connection = new Connection(wrapWebSocket(await socket), { initiator: false, plugins: chain({ keys: mine }) });
	const opened = connection.open();
	const peer = await dialled;
	await peer.initiate(newKeys(), mine.publicKey);
	return { connection, opened, peer };
}

/** Everything both ways, checked at both ends. */
async function exchange(connection: Connection, peer: ReferencePeer): Promise<void> {
	const inbox = connection.messages();
	for (const message of messages) connection.send(typeof message === 'string' ? message : message.slice());
	for (const message of messages) expect(await peer.receive()).toEqual(message);
	for (const message of messages) peer.send(message);
	for (const message of messages) expect((await inbox.next()).value).toEqual(message);
}

describe('the session against the reference peer', () => {
	test('this side initiates, opening with something the peer answers', async () => {
		const [mine, theirs] = [newKeys(), newKeys()];
		const socket = accepted();
		const connection = new Connection(dialWebSocket(url), { plugins: chain({ keys: mine, peer: theirs.publicKey, opening: '{"command":"hello"}' }) });
		const opened = connection.open();
		const peer = new ReferencePeer(await socket);
		expect(bytesToHex(await peer.accept(theirs))).toBe(bytesToHex(mine.publicKey));
		expect(await peer.receive()).toBe('{"command":"hello"}');
		expect(connection.state).toBe('ENCRYPTING');
		peer.send('the answer');
		await opened;
		expect((await connection.messages().next()).value).toBe('the answer');
		await exchange(connection, peer);
		await connection.close();
		expect(await peer.closed).toMatchObject({ code: 1000 });
	});

	test('this side initiates with a keepalive, and is ACTIVE when the peer says anything', async () => {
		const [mine, theirs] = [newKeys(), newKeys()];
		const socket = accepted();
		const connection = new Connection(dialWebSocket(url), { plugins: chain({ keys: mine, peer: theirs.publicKey }) });
		const opened = connection.open();
		const peer = new ReferencePeer(await socket);
		await peer.accept(theirs);
		expect(await peer.receiveRaw()).toBe('keepalive');
		peer.sendRaw('keepalive');
		await opened;
		await exchange(connection, peer);
		await connection.close();
	});

	test.each([false, true])('this side accepts, behind a relay: %s', async (relayed) => {
		const [mine, theirs] = [newKeys(), newKeys()];
		const socket = accepted();
		const dialled = ReferencePeer.dial(url);
		const connection = new Connection(wrapWebSocket(await socket), { initiator: false, plugins: chain({ keys: mine, peer: theirs.publicKey, relayed }) });
		connection.send('kept until the peer has proved its key');
		const opened = connection.open();
		const peer = await dialled;
		if (relayed) peer.command('connection_handover');
		await peer.initiate(theirs, mine.publicKey);
		expect(connection.state).toBe('ENCRYPTING');
		peer.send('first');
		await opened;
		expect(await peer.receive()).toBe('kept until the peer has proved its key');
		expect((await connection.messages().next()).value).toBe('first');
		await exchange(connection, peer);
		peer.socket.close(1000, 'done');
		await expect.poll(() => connection.state).toBe('CLOSED');
	});

	test('frames that arrive in one packet with the end of the handshake are not lost', async () => {
		const { connection, opened, peer } = await dialledByPeer();
		const raw = (peer.socket as unknown as { _socket: { cork(): void; uncork(): void } })._socket;
		raw.cork();
		for (let i = 0; i < 50; i++) peer.send(`message ${i}`);
		raw.uncork();
		await opened;
		const inbox = connection.messages();
		for (let i = 0; i < 50; i++) expect((await inbox.next()).value).toBe(`message ${i}`);
		await connection.close();
	});

	test('a frame sent twice, and one left out, end the connection: 4430', async () => {
		for (const wrong of ['twice', 'left out']) {
			const { opened, peer } = await dialledByPeer();
			peer.send('first');
			await opened;
			const frame = peer.sealed('second');
			if (wrong === 'twice') peer.socket.send(frame);
			peer.socket.send(wrong === 'twice' ? frame : peer.sealed('third'));
			expect(await peer.closed).toEqual({ code: 4430, reason: 'DECRYPT_FAILED' });
		}
	});
});

describe('pairing against the reference peer', () => {
	test('this side accepts an invite', async () => {
		const [me, inviter] = [newParty('me@test', 'wss://relay.test/'), newIdentity('inviter@test')];
		const token = new OneTokenBook().issue();
		const socket = accepted();
		const joining = joinByOneInvite(
			dialWebSocket(url),
			{ token: () => token, publicKey: bytesToHex(inviter.instance.publicKey) },
			{ own: me.own, personSecretKey: me.person.secretKey },
		);
		const peer = new ReferencePeer(await socket);
		expect(bytesToHex(await peer.accept(inviter.instance))).toBe(bytesToHex(me.person.publicKey));
		const seen = await peer.admit(inviter);
		expect(seen.token).toBe(token);
		expect(seen.identity).toMatchObject({
			type: 'public',
			personEmail: 'me@test',
			instanceName: 'the instance of me@test',
			instanceKeyPublic: bytesToHex(me.instance.publicKey),
			url: 'wss://relay.test/',
		});
		expect(await joining).toMatchObject({ email: 'inviter@test', instanceName: 'of inviter@test', personKey: inviter.person.publicKey });
		expect(await peer.closed).toMatchObject({ code: 1000 });
	});

	test.each([false, true])('this side has invited, behind a relay: %s', async (relayed) => {
		const [me, joiner] = [newParty('me@test'), newIdentity('joiner@test')];
		const tokens = new OneTokenBook();
		const token = tokens.issue();
		const socket = accepted();
		const dialled = ReferencePeer.dial(url);
		const transport = wrapWebSocket(await socket);
		const admitting = admitByOneInvite(transport, {
			own: me.own,
			personSecretKey: me.person.secretKey,
			instanceSecretKey: me.instance.secretKey,
			tokens,
			relayed,
		});
		const peer = await dialled;
		if (relayed) peer.command('connection_handover');
		await peer.initiate(joiner.person, me.instance.publicKey);
		expect(await peer.join(joiner, token)).toMatchObject({ personEmail: 'me@test', instanceKeyPublic: bytesToHex(me.instance.publicKey) });
		expect(await admitting).toMatchObject({ email: 'joiner@test', instanceKey: joiner.instance.publicKey });
		expect(tokens.claim(token)).toBe(false);
	});

	test('a joiner with a used token learns nothing but that: 4410', async () => {
		const [me, joiner] = [newParty('me@test'), newIdentity('joiner@test')];
		const socket = accepted();
		const dialled = ReferencePeer.dial(url);
		const secrets = { personSecretKey: me.person.secretKey, instanceSecretKey: me.instance.secretKey };
		const admitting = admitByOneInvite(wrapWebSocket(await socket), { own: me.own, ...secrets, tokens: new OneTokenBook() });
		const refused = expect(admitting).rejects.toMatchObject({ code: 'INVITE_REFUSED' });
		const peer = await dialled;
		await peer.initiate(joiner.person, me.instance.publicKey);
		await expect(peer.join(joiner, 't'.repeat(64))).rejects.toThrow('ended');
		await refused;
		expect(await peer.closed).toEqual({ code: 4410, reason: 'INVITE_REFUSED' });
	});
});
