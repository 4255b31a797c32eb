import { FakeClock } from '@linkscope/core/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { diaryOf } from './fixtures/endpoint-diary.js';
import { FakeLineServer } from './fixtures/fake-server.js';
import { LineStream, type LineStreamOptions } from './line-stream.js';

let clock: FakeClock;
let server: FakeLineServer;

beforeEach(() => {
	clock = new FakeClock();
	server = new FakeLineServer(clock);
});

function streamOf(options: Partial<LineStreamOptions> = {}): LineStream {
	return new LineStream({ node: 'node1', host: 'logs', port: 9001, connect: server.connect, clock, ...options });
}

async function started(options: Partial<LineStreamOptions> = {}) {
	const stream = streamOf(options);
	const diary = diaryOf(stream);
	stream.start();
	await clock.run(0);
	return { stream, diary };
}

const next = async (lines: AsyncIterator<string>) => (await lines.next()).value;

describe('a line stream', () => {
	it('has the shape of the seed', async () => {
		const { stream } = await started();
		expect(stream.snapshot).toEqual({ state: 'connected', host: 'logs', port: 9001, reconnect_attempts: 0, last_error: null });
		server.mode = 'down';
		server.close();
		expect(stream.snapshot).toMatchObject({ state: 'disconnected', reconnect_attempts: 1, last_error: 'Connection closed by remote end' });
		await clock.run(3_000);
		expect(stream.snapshot).toMatchObject({ state: 'error', reconnect_attempts: 2, last_error: '[Errno 111] Connection refused' });
		expect(stream.metrics).toMatchObject({ failedAttempts: 1, healthChecks: 0, healthCheckSuccessPercent: null });
	});

	it('waits from 2 to 60 s, doubling, each wait drawn by itself', async () => {
		server.mode = 'down';
		await started();
		await clock.run(3_600_000);
		const gaps = server.dialledAt.slice(1).map((at, index) => at - (server.dialledAt[index] as number));
		for (const [index, gap] of gaps.entries()) {
			const middle = Math.min(2 * 2 ** index, 60);
			expect(gap).toBeGreaterThanOrEqual(Math.max(2, middle * 0.9));
			expect(gap).toBeLessThanOrEqual(Math.min(60, middle * 1.1));
		}
		expect(gaps.length).toBeGreaterThan(55);
		expect(new Set(gaps).size).toBe(gaps.length);
	});

	it('begins with 2 s again after each connection', async () => {
		const { stream } = await started({ backoff: { next: (attempt) => 2_000 * 2 ** (attempt - 1) } });
		for (let i = 0; i < 3; i++) {
			server.close();
			await clock.run(2_000);
		}
		expect(server.dialledAt).toEqual([0, 2, 4, 6]);
		expect(stream.metrics).toMatchObject({ reconnections: 3, reconnectionsLastHour: 3 });
		await clock.run(3_600_000);
		expect(stream.metrics).toMatchObject({ reconnections: 3, reconnectionsLastHour: 0 });
	});

	it('gives a dial up that nobody answers', async () => {
		server.mode = 'silent';
		const { diary } = await started();
		await clock.run(10_000);
		expect(diary.lines).toEqual(['ERROR: [node1] Cannot connect to logs:9001: Connection timeout. Attempt 1. Retrying in 2s']);
		expect(server.socket.isDestroyed).toBe(true);
	});

	it('takes what connect throws for a failure', async () => {
		const { stream, diary } = await started({
			connect: () => {
				throw new Error('no sockets left');
			},
		});
		expect(diary.lines).toEqual(['ERROR: [node1] Cannot connect to logs:9001: no sockets left. Attempt 1. Retrying in 2s']);
		stream.stop();
		expect(clock.pending).toBe(0);
	});

	it('stops trying where only so many tries were allowed, until it is told', async () => {
		server.mode = 'down';
		const { stream, diary } = await started({ maxAttempts: 3 });
		await clock.run(3_600_000);
		expect(server.dialledAt).toHaveLength(4);
		expect(diary.lines.at(-2)).toMatch(/Connection refused. Giving up after 3 attempts$/);
		expect(stream.state).toBe('error');
		server.mode = 'up';
		stream.retryNow();
		await clock.run(0);
		expect(stream.snapshot).toMatchObject({ state: 'connected', reconnect_attempts: 0 });
		server.close();
		await clock.run(3_000);
		expect(diary.alerts).toEqual(['raised after 300 s', 'cleared after 3600 s']);
	});

	it('connects again when nothing comes for as long as was said', async () => {
		const { stream, diary } = await started({ silenceTimeoutMs: 5_000 });
		stream.onLine.on(() => {});
		await clock.run(4_000);
		server.write('here\n');
		await clock.run(4_900);
		expect(stream.isAvailable).toBe(true);
		await clock.run(200);
		expect(diary.lines.at(-1)).toBe('ERROR: [node1] Connection to logs:9001 lost: nothing received for 5s. Attempt 1. Retrying in 2s');
		server.mode = 'down';
		await clock.run(60_000);
		expect(diary.lines.filter((line) => line.includes('nothing received'))).toHaveLength(1);
		stream.stop();
		expect(clock.pending).toBe(0);
	});

	it('keeps the whole lines of a connection that is reset, and a last one without an end only of one that is closed', async () => {
		const { stream } = await started();
		const lines = stream.lines()[Symbol.asyncIterator]();
		server.write('one\r\nhal');
		server.reset();
		await clock.run(3_000);
		server.write('two\nlast');
		server.close();
		await clock.run(3_000);
		server.write('three\n');
		expect([await next(lines), await next(lines), await next(lines), await next(lines)]).toEqual(['one', 'two', 'last', 'three']);
		stream.stop();
		expect(await lines.next()).toEqual({ done: true, value: undefined });
	});

	it('lets the server wait while nobody reads, holds no more than its bound, and loses nothing', async () => {
		const { stream } = await started({ maxUnreadBytes: 1_000, silenceTimeoutMs: 5_000 });
		const sent = Array.from({ length: 1_000 }, (_, index) => `line ${index}`);
		server.write(`${sent.join('\n')}\n`);
		expect(server.socket.isPaused).toBe(true);
		// Not the server's silence.
		await clock.run(60_000);
		expect(stream.metrics.uptimePercent).toBe(100);
		const read: string[] = [];
		for await (const line of stream.lines()) {
			read.push(line);
			if (read.length === sent.length) break;
		}
		expect(read).toEqual(sent);
		// Handed over in portions, as they were read.
		expect([server.socket.isPaused, server.socket.pauses > 50]).toEqual([false, true]);
		await clock.run(5_500);
		expect(stream.snapshot.last_error).toBe('nothing received for 5s');
	});

	it('gives no last line to a reader that has stopped it', async () => {
		const { stream } = await started({ maxUnreadBytes: 1 });
		const read: string[] = [];
		// One that reads nothing: what comes after the first line waits.
		stream.lines();
		stream.onLine.on((line) => {
			read.push(line);
			if (line === 'c') stream.stop();
		});
		server.write('a\nb\nc\nlast');
		expect(read).toEqual(['a']);
		server.close();
		expect([read, stream.state]).toEqual([['a', 'b', 'c'], 'stopped']);
	});

	it('goes on pausing on the next connection, and delivers in order what came before', async () => {
		const { stream } = await started({ maxUnreadBytes: 100 });
		server.write('a\nb\nc\nd\n');
		server.reset();
		await clock.run(3_000);
		expect(server.socket.isPaused).toBe(true);
		const read: string[] = [];
		stream.onLine.on((line) => read.push(line));
		await clock.run(0);
		expect(server.socket.isPaused).toBe(false);
		server.write('e\n');
		expect(read).toEqual(['a', 'b', 'c', 'd', 'e']);
	});

	it('leaves out lines that are too long, and counts them over all connections', async () => {
		const { stream } = await started({ maxLineBytes: 5 });
		const read: string[] = [];
		stream.onLine.on((line) => read.push(line));
		server.write('12345\n123456\nok\n');
		server.close();
		await clock.run(3_000);
		server.write('1234567');
		server.write('8\nyes\n');
		expect([read, stream.droppedLines]).toEqual([['12345', 'ok', 'yes'], 2]);
	});

	it.each(['line', 'connecting', 'connected', 'disconnected'])('may be stopped in the middle by a listener of: %s', async (when) => {
		const stream = streamOf();
		const { states } = diaryOf(stream);
		stream.onChange.on((state) => state === when && stream.stop());
		const read: string[] = [];
		stream.onLine.on((line) => {
			read.push(line);
			if (when === 'line') stream.stop();
		});
		stream.start();
		await clock.run(0);
		server.write('a\nb\n');
		server.close();
		await clock.run(100_000);
		expect([stream.state, states.at(-1), clock.pending, server.dialledAt.length]).toEqual(['stopped', 'stopped', 0, 1]);
		expect(server.socket.isDestroyed).toBe(true);
		if (when === 'line') expect(read).toEqual(['a']);
	});

	it('may be stopped by the reader of a last line, and by what connects', async () => {
		const { stream, diary } = await started();
		stream.onLine.on(() => stream.stop());
		server.write('last');
		server.close();
		expect([stream.state, diary.states.at(-1), clock.pending]).toEqual(['stopped', 'stopped', 0]);

		for (const isMade of [true, false]) {
			const other: LineStream = streamOf({
				connect: () => {
					other.stop();
					if (!isMade) throw new Error('no sockets left');
					return server.connect();
				},
			});
			other.start();
			expect([other.state, clock.pending]).toEqual(['stopped', isMade ? 1 : 0]);
			await clock.run(0);
			expect([other.state, clock.pending]).toEqual(['stopped', 0]);
		}
		expect(server.socket.isDestroyed).toBe(true);
	});

	it('begins a backoff anew with each connection', async () => {
		const asked: string[] = [];
		const next = (attempt: number, previousMs: number) => {
			asked.push(`${attempt} after ${previousMs}`);
			return 1_000 * attempt;
		};
		server.mode = 'down';
		await started({ backoff: { next } });
		await clock.run(1_000);
		server.mode = 'up';
		await clock.run(2_000);
		server.close();
		expect(asked).toEqual(['1 after 0', '2 after 1000', '1 after 0']);
	});

	it('is observed until it is stopped', async () => {
		const { stream } = await started();
		await clock.run(30_000);
		server.reset();
		await clock.run(1_000);
		stream.stop();
		await clock.run(100_000);
		expect(stream.metrics.uptimePercent).toBeCloseTo((100 * 30) / 31);
		const { stream: other } = await started();
		await clock.run(1_000);
		other.stop();
		await clock.run(100_000);
		expect(other.metrics.uptimePercent).toBe(100);
	});

	it('may be stopped while it waits and while it dials', async () => {
		for (const mode of ['down', 'silent'] as const) {
			server.mode = mode;
			const { stream, diary } = await started();
			stream.stop();
			await clock.run(100_000);
			expect([clock.pending, diary.states.at(-1)]).toEqual([0, 'stopped']);
		}
		expect(server.dialledAt).toHaveLength(2);
	});

	it('hears nothing of a socket that it has left', async () => {
		server.mode = 'silent';
		const { stream, diary } = await started();
		const read: string[] = [];
		stream.onLine.on((line) => read.push(line));
		const left = server.socket;
		await clock.run(10_000);
		left.emit('connect');
		left.emit('data', Buffer.from('late\n'));
		left.emit('error', new Error('late'));
		left.emit('close');
		expect([stream.snapshot.state, stream.snapshot.reconnect_attempts, read, diary.lines.length]).toEqual(['error', 1, [], 1]);
	});

	it.each([
		[{ host: '' }, TypeError, 'host'],
		[{ port: 0 }, RangeError, 'port'],
		[{ port: undefined }, RangeError, 'port'],
		[{ port: 70_000 }, RangeError, 'port'],
		[{ maxLineBytes: 0 }, RangeError, 'maxLineBytes'],
		[{ maxUnreadBytes: -1 }, RangeError, 'maxUnreadBytes'],
		[{ connectTimeoutMs: 0 }, RangeError, 'connectTimeoutMs'],
		[{ silenceTimeoutMs: -1 }, RangeError, 'silenceTimeoutMs'],
		[{ maxAttempts: -1 }, RangeError, 'maxAttempts'],
	])('refuses %o', (options, kind, name) => {
		expect(() => streamOf(options)).toThrow(kind);
		expect(() => streamOf(options)).toThrow(name);
	});
});
