import { describe, expect, test } from 'vitest';
import { NativeParty } from './fixtures/native-party.js';
import { OneParty } from './fixtures/one-party.js';
import { startRelay } from './fixtures/relay.js';

describe('health and metrics', () => {
	test('health is ok until it drains', async () => {
		const { http, relay } = await startRelay();
		const response = await fetch(`${http}/health`);
		expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
		expect((await fetch(`${http}/else`)).status).toBe(426);
		expect((await fetch(`${http}/health`, { method: 'POST' })).status).toBe(405);
		await relay.close();
	});

	test('metrics are for this machine, or for who knows the token', async () => {
		const { http } = await startRelay({ metricsToken: 'a token of some length' });
		const statusFor = async (headers: Record<string, string>): Promise<number> => (await fetch(`${http}/metrics`, { headers })).status;
		expect(await statusFor({})).toBe(200);
		expect(await statusFor({ 'x-forwarded-for': '127.0.0.1' })).toBe(403);
		expect(await statusFor({ 'x-forwarded-for': '127.0.0.1', authorization: 'Bearer wrong' })).toBe(403);
		expect(await statusFor({ 'x-forwarded-for': '127.0.0.1', authorization: 'Bearer a token of some length' })).toBe(200);
	});

	test('registrations are counted by protocol, and no label is a key or an address', async () => {
		const { url, http, metric } = await startRelay();
		await new NativeParty().listen(url);
		const one = new OneParty();
		await one.listen(url);
		expect(await metric('waiting_registrations')).toBe(2);
		expect(await metric('connections')).toBe(2);
		expect(await metric('registrations_total{protocol="one"}')).toBe(1);
		expect(await metric('registrations_total{protocol="linkscope"}')).toBe(1);
		const text = await (await fetch(`${http}/metrics`)).text();
		expect(text).not.toContain(one.key);
		expect(text).not.toContain('127.0.0.1');
	});
});
