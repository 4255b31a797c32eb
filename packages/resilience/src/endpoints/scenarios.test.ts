import { FakeClock } from '@linkscope/core/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { StatusBroadcaster } from '../broadcast/status-broadcaster.js';
import { ConnectionStates } from './connection-states.js';
import { FeatureSwitches } from './feature-switches.js';
import { diaryOf } from './fixtures/endpoint-diary.js';
import { FakeHttpServer, FakeLineServer } from './fixtures/fake-server.js';
import { HttpEndpoint } from './http-endpoint.js';
import { LineStream } from './line-stream.js';

/** A monitor of one node, as in seeds/002: its log source, its API, and a page that shows both. */
function startMonitor() {
	const clock = new FakeClock();
	const logServer = new FakeLineServer(clock);
	const apiServer = new FakeHttpServer(clock);
	const backoff = { next: (attempt: number) => Math.min(2_000 * 2 ** (attempt - 1), 60_000) };
	const log = new LineStream({ node: 'node1', host: '192.168.1.100', port: 9001, connect: logServer.connect, backoff, clock });
	const identify = async (response: Response) => `Node ID: ${(await response.json()).nodeID}`;
	const api = new HttpEndpoint({ node: 'node1', url: 'http://localhost:14002', fetch: apiServer.fetch, identify, clock });
	const read: string[] = [];
	log.onLine.on((line) => read.push(line));
	const features = new FeatureSwitches({ 'live log': [log], 'enhanced statistics': [api] });
	const states = new ConnectionStates();
	states.add('node1', 'log_reader', log);
	states.add('node1', 'api_client', api);
	const frames: string[] = [];
	const broadcaster = new StatusBroadcaster(states, { clock });
	broadcaster.add({ send: (frame) => frames.push(frame) });
	const [logDiary, apiDiary] = [diaryOf(log), diaryOf(api)];
	log.start();
	api.start();
	const shown = () => JSON.parse(frames.at(-1) as string).states.node1;
	const stop = () => {
		log.stop();
		api.stop();
		broadcaster.close();
	};
	return { clock, logServer, apiServer, log, api, read, features, logDiary, apiDiary, shown, stop };
}

let monitor: ReturnType<typeof startMonitor>;

beforeEach(async () => {
	monitor = startMonitor();
	await monitor.clock.run(1_000);
	expect([monitor.log.state, monitor.api.state]).toEqual(['connected', 'connected']);
});

describe('the scenarios of seeds/002', () => {
	it('1: a log forwarder that restarts is read again', async () => {
		const { clock, logServer, read, logDiary, log, stop } = monitor;
		logServer.write('before\n');
		logDiary.states.length = 0;
		logDiary.states.push('connected');
		logServer.close();
		await clock.run(2_000);
		logServer.write('after\n');
		expect(logDiary.states).toEqual(['connected', 'disconnected', 'connecting', 'connected']);
		expect(read).toEqual(['before', 'after']);
		expect(logDiary.lines).toEqual([
			'INFO: [node1] Connected to remote log source at 192.168.1.100:9001',
			'WARNING: [node1] Connection to 192.168.1.100:9001 closed by remote end',
			'INFO: [node1] Connected to remote log source at 192.168.1.100:9001',
		]);
		expect(log.metrics).toMatchObject({ reconnections: 1, reconnectionMs: { last: 2_000, mean: 2_000, max: 2_000 }, failedAttempts: 0 });
		stop();
		expect(clock.pending).toBe(0);
	});

	it('2: an interrupted network is noticed by both, and both come back by themselves', async () => {
		const { clock, logServer, apiServer, log, api, logDiary, apiDiary, stop } = monitor;
		logServer.mode = 'down';
		apiServer.answer = 'down';
		logServer.reset();
		await clock.run(60_000);
		expect([log.state, api.state]).toEqual(['error', 'error']);
		expect(logServer.dialledAt).toEqual([0, 3, 7, 15, 31]);
		expect(logDiary.lines.slice(1)).toEqual([
			'ERROR: [node1] Connection to 192.168.1.100:9001 lost: [Errno 104] Connection reset by peer. Attempt 1. Retrying in 2s',
			'ERROR: [node1] Cannot connect to 192.168.1.100:9001: [Errno 111] Connection refused. Attempt 2. Retrying in 4s',
			'ERROR: [node1] Cannot connect to 192.168.1.100:9001: [Errno 111] Connection refused. Attempt 3. Retrying in 8s',
			'ERROR: [node1] Cannot connect to 192.168.1.100:9001: [Errno 111] Connection refused. Attempt 4. Retrying in 16s',
			'ERROR: [node1] Cannot connect to 192.168.1.100:9001: [Errno 111] Connection refused. Attempt 5. Retrying in 32s',
		]);
		logServer.mode = 'up';
		apiServer.answer = 200;
		await clock.run(2_000);
		// Checked at 30, and from then on 30 s and the wait of the attempt lie before each.
		expect(apiServer.askedAt).toEqual([0, 30, 62]);
		expect(apiDiary.lines).toEqual([
			'INFO: [node1] API client connected to http://localhost:14002 (Node ID: 12AB...34CD)',
			'WARNING: [node1] API health check failed: connect ECONNREFUSED 192.168.1.100:14002',
			'INFO: [node1] API reconnection attempt 1/10 in 2s',
			'INFO: [node1] API client connected to http://localhost:14002 (Node ID: 12AB...34CD)',
		]);
		await clock.run(1_000);
		expect([log.state, api.state]).toEqual(['connected', 'connected']);
		stop();
		expect(clock.pending).toBe(0);
	});

	it('3: while the API is unavailable the log goes on, and what needs the API switches off and on', async () => {
		const { clock, logServer, apiServer, api, read, features, shown, stop } = monitor;
		const switched: string[] = [];
		features.onChange.on(({ feature, enabled }) => switched.push(`${feature} ${enabled ? 'on' : 'off'} at ${clock.now() / 1_000}`));
		apiServer.answer = 503;
		await clock.run(30_000);
		expect(shown().api_client).toEqual({
			state: 'error',
			is_available: false,
			last_error: 'HTTP 503',
			reconnect_attempts: 0,
			last_successful_request: Date.UTC(2026, 0, 1) / 1_000,
		});
		expect(features.enabled).toEqual(['live log']);
		await expect(api.request('/api/sno')).rejects.toMatchObject({ code: 'ENDPOINT_UNAVAILABLE' });
		logServer.write('still here\n');
		expect(read).toEqual(['still here']);
		apiServer.answer = 200;
		await clock.run(32_000);
		expect(switched).toEqual(['enhanced statistics off at 30', 'enhanced statistics on at 62']);
		expect((await api.request('/api/sno')).status).toBe(200);
		expect(apiServer.requests.at(-1)?.url).toBe('http://localhost:14002/api/sno');
		expect(api.metrics).toMatchObject({ healthChecks: 3, reconnections: 1, reconnectionMs: { last: 32_000 } });
		expect(api.metrics.healthCheckSuccessPercent).toBeCloseTo(66.67, 1);
		stop();
	});

	it('4: a disconnection that lasts reaches the longest waits, raises one alert, and ends by itself', async () => {
		const { clock, logServer, apiServer, log, api, logDiary, apiDiary, shown, stop } = monitor;
		logServer.mode = 'down';
		apiServer.answer = 'silent';
		logServer.close();
		const start = clock.now();
		await clock.run(3 * 3_600_000);
		const gaps = (times: number[]) => times.slice(1).map((at, index) => at - (times[index] as number));
		expect(gaps(logServer.dialledAt).slice(1, 8)).toEqual([4, 8, 16, 32, 60, 60, 60]);
		expect(new Set(gaps(logServer.dialledAt).slice(8))).toEqual(new Set([60]));
		// Each attempt: 10 s without an answer, the 30 s of the loop, and the wait; after the tenth a rest of 300 s, and over again.
		const cycle = [42, 44, 48, 56, 72, 104, 168, 296, 340, 340];
		expect(gaps(apiServer.askedAt).slice(1, 22)).toEqual([...cycle, 342, ...cycle.slice(1), 342]);
		expect(logDiary.alerts).toEqual(['raised after 300 s']);
		expect(apiDiary.alerts).toEqual(['raised after 300 s']);
		expect(logDiary.lines).toContain('WARNING: [node1] No connection for 300s: [Errno 111] Connection refused');
		expect(apiDiary.lines).toContain('WARNING: [node1] API health check failed: Connection timeout');
		expect(shown()).toMatchObject({ log_reader: { state: 'error' }, api_client: { is_available: false } });
		expect(log.metrics.uptimePercent).toBeCloseTo((100 * start) / clock.now(), 5);

		logServer.mode = 'up';
		apiServer.answer = 200;
		await clock.run(700_000);
		expect([log.state, api.state]).toEqual(['connected', 'connected']);
		expect(logDiary.alerts).toEqual(['raised after 300 s', expect.stringMatching(/^cleared after 108\d\d s$/)]);
		expect(apiDiary.alerts).toHaveLength(2);
		stop();
		expect(clock.pending).toBe(0);
	});
});
