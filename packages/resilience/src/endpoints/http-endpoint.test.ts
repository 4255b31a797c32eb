import { FakeClock, settle } from '@linkscope/core/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { diaryOf } from './fixtures/endpoint-diary.js';
import { FakeHttpServer } from './fixtures/fake-server.js';
import { HttpEndpoint, type HttpEndpointOptions } from './http-endpoint.js';

let clock: FakeClock;
let server: FakeHttpServer;

beforeEach(() => {
	clock = new FakeClock();
	server = new FakeHttpServer(clock);
});

function endpointOf(options: Partial<HttpEndpointOptions> = {}): HttpEndpoint {
	return new HttpEndpoint({ node: 'node1', url: 'http://localhost:14002/api', fetch: server.fetch, clock, ...options });
}

async function started(options: Partial<HttpEndpointOptions> = {}): Promise<HttpEndpoint> {
	const endpoint = endpointOf(options);
	endpoint.start();
	await settle();
	return endpoint;
}

describe('an HTTP endpoint', () => {
	it('has the shape of the seed before it is started, and asks nothing', () => {
		const { snapshot } = endpointOf();
		expect(snapshot).toEqual({ state: 'disconnected', is_available: false, last_error: null, reconnect_attempts: 0, last_successful_request: null });
		expect([server.requests, clock.pending]).toEqual([[], 0]);
	});

	it('checks every 30 s from the end of the check before', async () => {
		const endpoint = await started({ healthPath: '/sno' });
		await clock.run(90_000);
		expect(server.requests.map(({ at, url }) => `${at} ${url}`)).toEqual([0, 30, 60, 90].map((at) => `${at} http://localhost:14002/api/sno`));
		expect(endpoint.snapshot).toMatchObject({ state: 'connected', last_successful_request: clock.epoch() / 1_000 });
		expect(endpoint.metrics).toMatchObject({ uptimePercent: 100, healthChecks: 4, healthCheckSuccessPercent: 100, reconnections: 0, reconnectionMs: null });
	});

	it.each([400, 401, 404, 429, 302])('is available where the answer is %i', async (status) => {
		server.answer = status;
		expect((await started()).isAvailable).toBe(true);
	});

	it.each([
		[500, 'HTTP 500'],
		[599, 'HTTP 599'],
		['down', 'connect ECONNREFUSED 192.168.1.100:14002'],
		['silent', 'Connection timeout'],
	] as const)('is unavailable where the answer is %s', async (answer, error) => {
		server.answer = answer;
		const endpoint = await started();
		await clock.run(10_000);
		expect(endpoint.snapshot).toMatchObject({ state: 'error', is_available: false, last_error: error });
		expect(endpoint.metrics.failedAttempts).toBe(1);
	});

	it('takes what fetch throws, in whatever way, for a failure', async () => {
		const fetch = () => {
			throw 'no fetch here';
		};
		expect((await started({ fetch })).snapshot).toMatchObject({ state: 'error', last_error: 'no fetch here' });
		const nothing = (async () => undefined) as unknown as HttpEndpointOptions['fetch'];
		expect((await started({ fetch: nothing })).state).toBe('error');
	});

	it('is unavailable from the first request that fails, and checks 30 s and 2 s later', async () => {
		const endpoint = await started();
		const { lines } = diaryOf(endpoint);
		await clock.run(20_000);
		server.answer = 500;
		expect((await endpoint.request('/stats')).status).toBe(500);
		expect(endpoint.snapshot).toMatchObject({ state: 'error', last_error: 'HTTP 500' });
		server.answer = 200;
		await clock.run(32_000);
		expect(server.askedAt).toEqual([0, 20, 52]);
		expect(lines[0]).toBe('WARNING: [node1] API request failed: HTTP 500');
		expect(endpoint.isAvailable).toBe(true);
	});

	it('gives a request up after its time, though fetch does not heed its signal', async () => {
		const endpoint = await started();
		server.answer = 'silent';
		const request = expect(endpoint.request('stats')).rejects.toMatchObject({ code: 'ENDPOINT_TIMEOUT' });
		await clock.run(10_000);
		await request;
		expect(endpoint.snapshot.last_error).toBe('Connection timeout');
	});

	it('tells fetch when the time of a request is over, and when it is stopped', async () => {
		const signals: AbortSignal[] = [];
		const fetch: HttpEndpointOptions['fetch'] = (_url, { signal }) => {
			signals.push(signal as AbortSignal);
			return new Promise(() => {});
		};
		const endpoint = await started({ fetch });
		await clock.run(42_000);
		expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
		endpoint.stop();
		expect(signals.map(({ reason }) => reason.code)).toEqual(['ENDPOINT_TIMEOUT', 'ENDPOINT_STOPPED']);
	});

	it('believes a request that failed rather than a check that was on its way', async () => {
		let answer = (_response: Response): void => {};
		const slow = new Promise<Response>((resolve) => {
			answer = resolve;
		});
		const endpoint = await started({ fetch: (url) => (clock.now() === 30_000 ? slow : server.fetch(url)) });
		await clock.run(31_000);
		server.answer = 'down';
		await expect(endpoint.request('stats')).rejects.toThrow('fetch failed');
		server.answer = 200;
		answer({ status: 200 } as Response);
		await clock.run(31_000);
		expect(endpoint.isAvailable).toBe(false);
		await clock.run(1_000);
		expect([endpoint.isAvailable, server.askedAt]).toEqual([true, [0, 31, 63]]);
	});

	it('asks who is there with each connection, and not with each check', async () => {
		let asked = 0;
		const identify = () => `${++asked}`;
		await started({ identify });
		await clock.run(300_000);
		expect(asked).toBe(1);
	});

	it('may be stopped by its own fetch', async () => {
		const endpoint: HttpEndpoint = endpointOf({
			fetch: async (url) => {
				endpoint.stop();
				return server.fetch(url);
			},
		});
		endpoint.start();
		await clock.run(100_000);
		expect([endpoint.state, server.requests.length, clock.pending]).toEqual(['stopped', 1, 0]);
	});

	it('does not hold a caller who leaves against the server', async () => {
		const endpoint = await started();
		server.answer = 'silent';
		const caller = new AbortController();
		const request = endpoint.request('stats', { signal: caller.signal });
		caller.abort(new Error('the page was left'));
		await expect(request).rejects.toThrow('the page was left');
		expect(endpoint.isAvailable).toBe(true);
		endpoint.stop();
		expect(clock.pending).toBe(0);
	});

	it('counts a request only against the connection on which it was made', async () => {
		let fail = (_error: Error): void => {};
		const slow = new Promise<Response>((_resolve, reject) => {
			fail = reject;
		});
		const endpoint = await started({ timeoutMs: 1e9, fetch: (url) => (url.endsWith('slow') ? slow : server.fetch(url)) });
		const request = endpoint.request('slow');
		server.answer = 503;
		await clock.run(30_000);
		server.answer = 200;
		await clock.run(40_000);
		expect(endpoint.isAvailable).toBe(true);
		fail(new Error('reset, long ago'));
		await expect(request).rejects.toThrow('long ago');
		expect(endpoint.isAvailable).toBe(true);
	});

	it('leaves no timer and hears nothing more when it is stopped during a check', async () => {
		server.answer = 'silent';
		const endpoint = endpointOf();
		const { states } = diaryOf(endpoint);
		endpoint.start();
		await clock.run(1_000);
		endpoint.stop();
		await settle();
		expect([endpoint.state, clock.pending, states]).toEqual(['stopped', 0, ['connecting', 'stopped']]);
		expect(endpoint.metrics.healthChecks).toBe(0);
		expect(() => endpoint.start()).toThrow(expect.objectContaining({ code: 'ENDPOINT_STOPPED' }));
		await expect(endpoint.request('')).rejects.toMatchObject({ code: 'ENDPOINT_STOPPED' });
		endpoint.retryNow();
		expect(clock.pending).toBe(0);
	});

	it('ends a request that runs when it is stopped', async () => {
		const endpoint = await started();
		server.answer = 'silent';
		const request = endpoint.request('stats');
		endpoint.stop();
		await expect(request).rejects.toMatchObject({ code: 'ENDPOINT_STOPPED' });
		expect(clock.pending).toBe(0);
	});

	it.each(['connecting', 'connected', 'error'])('may be stopped by a listener that hears of %s', async (state) => {
		if (state === 'error') server.answer = 'down';
		const endpoint = endpointOf();
		const { states } = diaryOf(endpoint);
		endpoint.onChange.on((now) => now === state && endpoint.stop());
		endpoint.start();
		await clock.run(100_000);
		expect([endpoint.state, states.at(-1), clock.pending]).toEqual(['stopped', 'stopped', 0]);
	});

	it('checks at once when asked to, where it waits', async () => {
		server.answer = 'down';
		const endpoint = await started();
		server.answer = 200;
		endpoint.retryNow();
		await settle();
		expect([endpoint.state, server.askedAt]).toEqual(['connected', [0, 0]]);
		endpoint.retryNow();
		endpoint.start();
		expect(server.requests).toHaveLength(2);
	});

	it('goes on after a sleep of a day, with one check', async () => {
		const endpoint = await started();
		clock.suspend(86_400_000);
		await settle();
		expect([server.requests.length, endpoint.isAvailable]).toEqual([2, true]);
	});

	it('goes on where naming the node fails', async () => {
		const endpoint = endpointOf({
			identify: () => {
				throw new Error('no JSON');
			},
		});
		const { lines } = diaryOf(endpoint);
		endpoint.start();
		await settle();
		expect(lines).toEqual(['INFO: [node1] API client connected to http://localhost:14002/api']);
	});

	it('shows what a peer says on one line, cut, and nothing secret', async () => {
		const fetch = async () => {
			throw new Error(`bad\r\nINFO: all is well \u202e http://me:pw@host/a?token=abc ${'x'.repeat(999)}`);
		};
		const { last_error } = (await started({ fetch })).snapshot;
		expect(last_error).toMatch(/^bad\\u\{d\}\\u\{a\}INFO: all is well \\u\{202e\} http:\/\/host\/a\?… x+…$/);
		expect(last_error).toHaveLength(200);
	});

	it.each([
		[{ url: 'ftp://host' }, TypeError, 'url'],
		[{ url: 'nonsense' }, TypeError, 'url'],
		[{ url: 'http://me:pw@host' }, TypeError, 'credentials'],
		[{ url: 'http://host/?token=1' }, TypeError, 'query'],
		[{ healthPath: 'http://elsewhere/' }, TypeError, 'path'],
		[{ node: '' }, TypeError, 'node'],
		[{ checkIntervalMs: 0 }, RangeError, 'checkIntervalMs'],
		[{ timeoutMs: -1 }, RangeError, 'timeoutMs'],
		[{ maxAttempts: 1.5 }, RangeError, 'maxAttempts'],
		[{ prolongedAfterMs: Number.NaN }, RangeError, 'prolongedAfterMs'],
	])('refuses %o', (options, kind, name) => {
		expect(() => endpointOf(options)).toThrow(kind);
		expect(() => endpointOf(options)).toThrow(name);
	});

	it.each(['//elsewhere/', 'http://elsewhere/', 'https://localhost:14002/'])('asks no other server: %s', async (path) => {
		const endpoint = await started();
		await expect(endpoint.request(path)).rejects.toThrow(TypeError);
		expect(endpoint.isAvailable).toBe(true);
	});
});
