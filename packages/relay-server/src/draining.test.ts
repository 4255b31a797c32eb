import { describe, expect, test } from 'vitest';
import { Client } from './fixtures/client.js';
import { NativeParty } from './fixtures/native-party.js';
import { OneParty } from './fixtures/one-party.js';
import { startRelay } from './fixtures/relay.js';
import { heldBytes, relaySockets } from './fixtures/relay-sockets.js';
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

	test('waits 3 s for a reader that takes nothing, and no longer', async () => {
		const sockets = relaySockets();
		const running = await startRelay({ drainTimeoutMs: 0 });
		const [client, waiting] = await spliced(running);
		client.socket.pause();
		const push = (): number => {
			waiting.send(new Uint8Array(64 * 1024));
			return heldBytes(sockets);
		};
		await expect.poll(push, { interval: 1, timeout: 10_000 }).toBeGreaterThan(64 * 1024);
		waiting.socket.close();
		const wait = async (): Promise<number> => {
			await running.clock.run(100);
			return running.relay.counts.splices;
		};
		await expect.poll(wait).toBe(0);
		let isOver = false;
		const drained = running.relay.drain().then(() => {
			isOver = true;
		});
		await running.clock.run(2_999);
		expect(isOver).toBe(false);
		await running.clock.run(1);
		await drained;
		expect(running.clock.pending).toBe(0);
	});

	test('a relay that never listened is closed as well', async () => {
		await createRelayServer({ port: 0 }).close();
	});
});
