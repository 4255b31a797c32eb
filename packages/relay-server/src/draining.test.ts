import { describe, expect, test } from 'vitest';
import { Client } from './fixtures/client.js';
import { NativeParty } from './fixtures/native-party.js';
import { OneParty } from './fixtures/one-party.js';
import { startRelay } from './fixtures/relay.js';
import { spliced } from './fixtures/spliced.js';
import { upgrade } from './fixtures/upgrade.js';
import { createRelayServer } from './relay-server.js';

describe('draining', () => {
	test('takes no more, sends away who waits, lets splices go on, and ends them when their time is up', async () => {
		const running = await startRelay({ drainTimeoutMs: 30_000 });
		const { relay, url, http, clock } = running;
		const [client, waiting] = await spliced(running);
		const [oneClient] = await spliced(running, OneParty);
		const native = await new NativeParty().listen(url);
		const one = await new OneParty().listen(url);
		const silent = await Client.dial(url);
		const drained = relay.drain();
		expect(await native.end()).toBe('1012 relay restarting');
		expect(await one.end()).toBe('1000 relay restarting');
		expect(await silent.end()).toBe('1012 relay restarting');
		expect(await upgrade(url)).toBe(503);
		const health = await fetch(`${http}/health`);
		expect([health.status, await health.json()]).toEqual([503, { status: 'draining' }]);
		client.send('still here');
		expect(await waiting.next()).toBe('still here');
		await clock.run(29_999);
		client.send('and here');
		expect(await waiting.next()).toBe('and here');
		await clock.run(1);
		expect(await waiting.end()).toBe('1012 relay restarting');
		expect(await oneClient.end()).toBe('1000 relay restarting');
		await drained;
		await expect(fetch(`${http}/health`)).rejects.toThrow();
		expect(relay.counts).toEqual({ connections: 0, waiting: 0, splices: 0, remembered: 0 });
		expect(clock.pending).toBe(0);
	});

	test('ends by itself when the last pair has parted', async () => {
		const running = await startRelay();
		const [client] = await spliced(running);
		const drained = running.relay.drain();
		client.socket.close();
		await drained;
		expect(running.clock.pending).toBe(0);
	});

	test('is over at once when it is closed meanwhile', async () => {
		const running = await startRelay();
		const [client, waiting] = await spliced(running);
		const drained = running.relay.drain();
		await running.relay.close();
		await drained;
		expect([await client.end(), await waiting.end()]).toEqual(['1012 relay restarting', '1012 relay restarting']);
		await expect(running.relay.listen()).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
	});

	test('a relay that never listened is closed as well', async () => {
		await createRelayServer({ port: 0 }).close();
	});
});
