import { describe, expect, it } from 'vitest';
import { runFromSource } from './run-from-source.js';

describe('the examples', () => {
	it('echo: text comes back as text, bytes as bytes', async () => {
		const { code, stdout, stderr } = await runFromSource('echo.mjs');
		expect(stderr).toBe('');
		expect(stdout).toBe('Received Hello, world!\nReceived Uint8Array(3) [ 1, 2, 3 ]\n');
		expect(code).toBe(0);
	});

	it('instrument-an-app: both ends of a foreign application are seen, its token is not', async () => {
		const { code, stdout, stderr } = await runFromSource('instrument-an-app.mjs');
		expect(stderr).toBe('');
		expect(stdout).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/chat\?token=…: 3 sent \(27 bytes\), 3 received, ended normal$/m);
		expect(stdout).toMatch(/: 3 sent \(57 bytes\), 3 received, ended normal$/m);
		expect(stdout).toContain('CONNECTION REPORT');
		expect(stdout).not.toContain('secret');
		expect(code).toBe(0);
	});

	it('custom-plugin: is part of the chain', async () => {
		const { code, stdout, stderr } = await runFromSource('custom-plugin.mjs');
		expect(stderr).toBe('');
		expect(stdout).toBe('Chain, wire side first: memory, numbering\nBob reads first\nBob reads second\n');
		expect(code).toBe(0);
	});

	it('custom-transport: carries a connection', async () => {
		const { code, stdout, stderr } = await runFromSource('custom-transport.mjs');
		expect(stderr).toBe('');
		expect(stdout).toBe('echo of hello through the port\nThe other end saw: done\n');
		expect(code).toBe(0);
	});

	it('pair-and-return: who paired comes back after a restart, until revoked', async () => {
		const { code, stdout, stderr } = await runFromSource('pair-and-return.mjs');
		expect(stderr).toBe('');
		expect(stdout.split('\n')).toEqual([
			'With the invite: hello, guest',
			'After a restart they are the same: true',
			'Without an invite: hello, guest',
			'Revoked: PAIRING_REQUIRED',
			'With a revoked invite: INVITE_REFUSED',
			'',
		]);
		expect(code).toBe(0);
	});

	it('continuity: each message arrives once and in order, over two connections', async () => {
		const { code, stdout, stderr } = await runFromSource('continuity.mjs');
		expect(stderr).toBe('');
		expect(stdout.split('\n')).toEqual([
			'Alice reads one',
			'Alice reads two, while there is no connection',
			'Alice reads three',
			'Connections of the session: 2',
			'',
		]);
		expect(code).toBe(0);
	});

	it('reconnect: what is sent while the server is away arrives once, over the next connection', async () => {
		const { code, stdout, stderr, lingeredMs } = await runFromSource('reconnect.mjs');
		expect(stderr).toBe('');
		expect(stdout.split('\n')).toEqual([
			'Alice reads one',
			'The link is RECONNECTING',
			'The link is CONNECTED',
			'Alice reads two, while there is no server',
			'Alice reads three',
			'Lost connections that were followed by another: 1',
			'',
		]);
		expect(code).toBe(0);
		expect(lingeredMs).toBeLessThan(1000);
	});

	it('relay: two who cannot dial each other talk through a relay', async () => {
		const { code, stdout, stderr, lingeredMs } = await runFromSource('relay.mjs');
		expect(stderr).toBe('');
		expect(stdout.split('\n')).toEqual(['Alice waits at the relay: waiting', 'Alice has read: hello behind your firewall', 'At the other end: Alice', '']);
		expect(code).toBe(0);
		expect(lingeredMs).toBeLessThan(1000);
	});

	it('peers: two that dial each other at once are one peer with one connection a channel, also when a route stops', async () => {
		const { code, stdout, stderr, lingeredMs } = await runFromSource('peers.mjs');
		expect(stderr).toBe('');
		expect(stdout.split('\n')).toEqual([
			'Bob reads on data: hello Bob',
			'Alice reads on control: hello Alice',
			'Connections: control 1, data 1, discovery 0',
			'Bob reads on data: sent while the route was stopped',
			'Bob lost: nothing, Alice lost: nothing',
			'',
		]);
		expect(code).toBe(0);
		expect(lingeredMs).toBeLessThan(1000);
	});

	it('chat: what each has missed comes with the next connection', async () => {
		const { code, stdout, stderr } = await runFromSource('chat.mjs');
		expect(stderr).toBe('');
		const [alice, bob, ...rest] = stdout.split('\n');
		expect([alice, bob].sort()).toEqual(['Alice missed 0', 'Bob missed 1']);
		expect(rest.slice(0, 2).sort()).toEqual(['Alice missed 1', 'Bob missed 2']);
		expect(rest.slice(2)).toEqual([
			'Alice: Anybody there?',
			'Bob: Yes, for a minute',
			'Alice: Lost you',
			'Bob: (on a train) Can you hear me?',
			'Alice: Call me',
			'Bob has the same: true',
			'',
		]);
		expect(code).toBe(0);
	});

	it('send-file: the second try brings the rest', async () => {
		const { code, stdout, stderr } = await runFromSource('send-file.mjs');
		expect(stderr).toBe('');
		expect(stdout.split('\n')).toEqual([
			'First try: SYNC_INTERRUPTED',
			'Second try: 20000000 bytes',
			'Some of it was there: true',
			"In the inbox: [ 'film.bin' ]",
			'The same: true',
			'',
		]);
		expect(code).toBe(0);
	});

	it('status-board: a page sees a log and an API go away and come back', async () => {
		const { code, stdout, stderr, lingeredMs } = await runFromSource('status-board.mjs');
		expect(stderr).toBe('');
		expect(stdout.split('\n')).toEqual([
			'The page shows: log_reader disconnected',
			'INFO: [node1] Connected to remote log source at the node',
			'Log: the node is up',
			'The page shows: log_reader connected',
			'Feature statistics: on',
			'The page shows: api_client connected',
			'Feature statistics: off',
			'The page shows: api_client error',
			'Feature statistics: on',
			'The page shows: api_client connected',
			'WARNING: [node1] Connection to the node closed by remote end',
			'INFO: [node1] Connected to remote log source at the node',
			'Log: the node is up',
			'Reconnections: log 1, API 1',
			'',
		]);
		expect(code).toBe(0);
		expect(lingeredMs).toBeLessThan(1000);
	});

	it('fleet: connected in batches, watched and subscribed by how they are', async () => {
		const { code, stdout, stderr, lingeredMs } = await runFromSource('fleet.mjs');
		expect(stderr).toBe('');
		expect(stdout.split('\n')).toEqual([
			'Batch 1: 25 nodes',
			'node-7: try 1 failed, no answer',
			'Batch 2: 5 nodes',
			'node-7: breaker OPEN',
			'node-7: try 2 failed, no answer',
			'Connected: 29 of 30',
			'Watched: { CRITICAL: 0, HIGH: 10, NORMAL: 19, LOW: 0, MINIMAL: 0 }',
			'node-30 is HIGH: failed',
			'Subscribe node/node-30/params/remote, node/node-30/otaurl, node/node-30/to-node',
			'node-30 is CRITICAL: failed',
			'node-30 is HIGH: recovered',
			'Topics: 33 of 33',
			'',
		]);
		expect(code).toBe(0);
		expect(lingeredMs).toBeLessThan(1000);
	});
});

describe('a process', () => {
	it('ends within a second of its last connection, instrumentation and heartbeats included', async () => {
		const { code, stdout, stderr, lingeredMs } = await runFromSource('process-exit.mjs');
		expect(stderr).toBe('');
		expect(stdout).toBe('all closed\n');
		expect(code).toBe(0);
		expect(lingeredMs).toBeLessThan(1000);
	});
});
