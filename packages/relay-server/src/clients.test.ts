import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Client } from './fixtures/client.js';
import { OneParty } from './fixtures/one-party.js';
import { startRelay } from './fixtures/relay.js';
import { upgrade } from './fixtures/upgrade.js';
import { createRelayServer } from './relay-server.js';

describe('limits', () => {
	test('an upgrade that never ends is cut off after 10 s, and counted', async () => {
		const { http, clock, relay, metric } = await startRelay();
		const socket = connect(Number(new URL(http).port), '127.0.0.1');
		socket.on('error', () => {});
		const closed = new Promise((resolve) => socket.once('close', resolve));
		socket.write('GET / HTTP/1.1\r\nHost: x\r\nUpgrade: webso');
		await expect.poll(() => relay.counts.remembered).toBe(2);
		await clock.run(9_999);
		expect(relay.counts.remembered).toBe(2);
		await clock.run(1);
		await closed;
		await expect.poll(() => relay.counts.remembered).toBe(0);
		expect(await metric('refusals_total{code="HANDSHAKE_TIMEOUT"}')).toBe(1);
	});

	test('a socket that says nothing is told so after 10 s', async () => {
		const { url, clock } = await startRelay();
		const client = await Client.dial(url);
		await client.isHeard();
		await clock.run(10_000);
		expect(await client.end()).toBe('4408 HANDSHAKE_TIMEOUT');
	});

	test('connections that do not upgrade are few', async () => {
		const { http, log } = await startRelay({ limits: { connectionsPerAddress: 1 } });
		const { port } = new URL(http);
		const silent = connect(Number(port), '127.0.0.1');
		await new Promise((resolve) => silent.once('connect', resolve));
		const second = connect(Number(port), '127.0.0.1');
		second.on('error', () => {});
		await new Promise((resolve) => second.once('close', resolve));
		silent.destroy();
		expect(log).toContainEqual(expect.objectContaining({ event: 'turned away', code: 'RELAY_QUOTA', address: '127.0.0.1' }));
	});

	test('connections that are gone before they are taken leave nothing', async () => {
		const { http, relay, clock } = await startRelay();
		// Meanwhile this process takes nobody.
		const script = `
			const { connect } = require('node:net');
			for (let i = 0; i < 5; i++) {
				const socket = connect(${new URL(http).port}, '127.0.0.1', () => socket.resetAndDestroy());
			}`;
		spawnSync(process.execPath, ['-e', script]);
		await fetch(`${http}/health`);
		await expect.poll(() => relay.counts.remembered).toBe(0);
		expect(clock.pending).toBe(0);
	});

	test('connections of an address, their rate, and all of them', async () => {
		const perAddress = await startRelay({ limits: { connectionsPerAddress: 2 }, trustedProxies: 1 });
		const from = (address: string) => ({ 'x-forwarded-for': address });
		expect(await upgrade(perAddress.url, from('192.0.2.1'))).toBe(101);
		expect(await upgrade(perAddress.url, from('192.0.2.1'))).toBe(101);
		expect(await upgrade(perAddress.url, from('192.0.2.1'))).toBe(503);
		expect(await upgrade(perAddress.url, from('192.0.2.2'))).toBe(101);
		expect(await upgrade(perAddress.url, from('2001:db8::1'))).toBe(101);
		expect(await upgrade(perAddress.url, from('2001:db8::2'))).toBe(101);
		// Another address of the same /64.
		expect(await upgrade(perAddress.url, from('2001:db8::3'))).toBe(503);
		expect(perAddress.relay.counts.connections).toBe(5);
		const text = JSON.stringify(perAddress.log);
		expect(text).toContain('2001:db8::3');

		const rate = await startRelay({ limits: { connectionsBurstPerAddress: 2 } });
		expect([await upgrade(rate.url), await upgrade(rate.url), await upgrade(rate.url)]).toEqual([101, 101, 429]);
		await rate.clock.run(10);
		expect(await upgrade(rate.url)).toBe(101);
		expect(await rate.metric('limits_total{limit="connectionsPerSecondPerAddress"}')).toBe(1);
		expect(await rate.metric('refusals_total{code="RELAY_RATE"}')).toBe(1);

		const all = await startRelay({ limits: { maxConnections: 1 } });
		expect([await upgrade(all.url), await upgrade(all.url)]).toEqual([101, 503]);
		expect(await all.metric('limits_total{limit="maxConnections"}')).toBe(1);
	});

	test('calls to one target', async () => {
		const { url, clock, metric } = await startRelay({ limits: { callsBurstPerTarget: 2, callsPerSecondPerTarget: 1 } });
		const target = new OneParty().key;
		const ends: string[] = [];
		for (let i = 0; i < 3; i++) ends.push(await (await new OneParty().dial(url, target)).end());
		expect(ends[2]).toBe('4429 RELAY_RATE');
		expect(ends[1]).toContain('No listening connection');
		await clock.run(1_000);
		expect(await (await new OneParty().dial(url, target)).end()).toContain('No listening connection');
		expect(await metric('limits_total{limit="callsPerSecondPerTarget"}')).toBe(1);
	});

	test.each([
		['port', { port: 70_000 }],
		['limits.registrationsPerKey', { limits: { registrationsPerKey: 0 } }],
		['limits.spliceBytes', { limits: { spliceBytes: -1 } }],
		['limits.spliceDurationMs', { limits: { spliceDurationMs: 2 ** 31 } }],
		['limits must be an object', { limits: null as unknown as object }],
		['"maxConections"; it knows registrationsPerKey', { limits: { maxConections: 1 } as object }],
		['metricsToken', { metricsToken: 'short' }],
		['trustedProxies', { trustedProxies: -1 }],
		['publicUrls', { publicUrls: ['https://relay.example'] }],
		['publicUrls', { publicUrls: [] }],
	])('an option that makes no sense is named: %s', (name, options) => {
		expect(() => createRelayServer(options)).toThrow(name);
	});
});
