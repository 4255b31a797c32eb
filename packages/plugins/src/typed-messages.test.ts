import { Connection, type Payload } from '@linkscope/core';
import { createMemoryPair, FakeClock, settle } from '@linkscope/core/testing';
import { describe, expect, test, vi } from 'vitest';
import { type TypedMessagesOptions, TypedMessagesPlugin } from './typed-messages.js';

async function openPair(options: TypedMessagesOptions = {}, { open = true, raw = false, maxMessageBytes = Number.POSITIVE_INFINITY } = {}) {
	const clock = new FakeClock();
	const ends = createMemoryPair({ clock, maxMessageBytes });
	const near = new TypedMessagesPlugin(options);
	const far = new TypedMessagesPlugin(options);
	const left = new Connection(ends[0], { clock, plugins: [near] });
	const right = new Connection(ends[1], { clock, initiator: false, plugins: raw ? [] : [far] });
	const received: Payload[] = [];
	left.onMessage.on((message) => received.push(message));
	const start = () => Promise.all([left.open(), right.open()]);
	if (open) await start();
	return { clock, left, right, near, far, received, start, ends };
}

describe('waiting for messages', () => {
	test('next() takes the next message of either kind; all others reach the application', async () => {
		const { right, near, received } = await openPair();
		const first = near.next();
		const second = near.next();
		right.send('one');
		right.send(new Uint8Array([2]));
		right.send('three');
		expect(await first).toBe('one');
		expect(await second).toEqual(new Uint8Array([2]));
		await settle();
		expect(received).toEqual(['three']);
	});

	test('nextJson() takes the next JSON of its type and leaves the rest as it was', async () => {
		const { right, near, received } = await openPair();
		const ready = near.nextJson('ready');
		const others = ['{"type":"other"}', 'not json', '{"type":', '[1]', 'null', '"ready"', new Uint8Array([123])];
		for (const other of others) right.send(other);
		right.send('{"type":"ready","port":7}');
		right.send('{"type":"ready","port":8}');
		expect(await ready).toEqual({ type: 'ready', port: 7 });
		await settle();
		expect(received).toEqual([...others, '{"type":"ready","port":8}']);
	});

	test('who waited longest gets it', async () => {
		const { right, near } = await openPair();
		const typed = near.nextJson('a');
		const any = near.next();
		right.send('{"type":"a"}');
		right.send('{"type":"a","second":true}');
		expect(await typed).toEqual({ type: 'a' });
		expect(await any).toBe('{"type":"a","second":true}');
	});

	test('gives up after its timeout, on its signal, and with the connection, each with a code', async () => {
		const { clock, left, near } = await openPair();
		const late = near.next({ timeoutMs: 100 });
		const controller = new AbortController();
		const aborted = near.nextJson('x', { signal: controller.signal });
		const closed = near.next();
		const outcomes = Promise.allSettled([late, aborted, closed]);
		await clock.run(100);
		controller.abort(new Error('changed my mind'));
		await left.close();
		const [a, b, c] = (await outcomes) as PromiseRejectedResult[];
		expect(a?.reason).toMatchObject({ code: 'WAIT_TIMEOUT', message: expect.stringContaining('100 ms') });
		expect(b?.reason).toMatchObject({ code: 'WAIT_ABORTED', cause: { message: 'changed my mind' } });
		expect(c?.reason).toMatchObject({ code: 'CONNECTION_CLOSED' });
		await expect(near.next()).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
		await expect(near.next({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
		expect(clock.pending).toBe(0);
	});

	test('a signal that has aborted already leaves nothing behind', async () => {
		const { clock, right, near, received } = await openPair();
		const { pending } = clock;
		await expect(near.next({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'WAIT_ABORTED' });
		await expect(near.request({ type: 'x' }, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'WAIT_ABORTED' });
		expect(clock.pending).toBe(pending);
		right.send('mine');
		await settle();
		expect(received).toEqual(['mine']);
	});

	test('only so many wait at a time', async () => {
		const { near, left } = await openPair({ maxWaiting: 3 }, { raw: true });
		const waiting = [near.next(), near.nextJson('x'), near.request({ type: 'x' })].map((wait) => wait.catch(() => {}));
		await expect(near.next()).rejects.toMatchObject({ code: 'WAIT_FULL', message: expect.stringContaining('at most 3') });
		await expect(near.request({ type: 'x' })).rejects.toMatchObject({ code: 'WAIT_FULL' });
		await left.close();
		await Promise.all(waiting);
	});

	test('a key named __proto__, however it is written, pollutes nothing', async () => {
		const { right, near } = await openPair();
		for (const key of ['__proto__', '\\u005f_proto__', '__pr\\u006fto__']) {
			const wait = near.nextJson('x');
			right.send(`{"type":"x","${key}":{"polluted":true},"deep":{"${key}":{"polluted":true},"kept":1}}`);
			const message = await wait;
			expect(Object.keys(message)).toEqual(['type', 'deep']);
			const copied = Object.assign({}, message, message.deep) as Record<string, unknown>;
			expect(copied.polluted).toBeUndefined();
			expect(copied.kept).toBe(1);
		}
		expect(({} as Record<string, unknown>).polluted).toBeUndefined();
	});

	test('a type that is only inherited is none', async () => {
		const { right, near, received } = await openPair();
		void near.nextJson('x').catch(() => {});
		right.send('{"__proto__":{"type":"x"}}');
		await settle();
		expect(received).toHaveLength(1);
	});
});

describe('requests', () => {
	test('are answered by the handler of their type, each with its own answer', async () => {
		const { near, far, received } = await openPair();
		const held: (() => void)[] = [];
		far.onRequest('double', async ({ n }) => {
			await new Promise<void>((resolve) => held.push(resolve));
			return Number(n) * 2;
		});
		const answers = [1, 2, 3].map((n) => near.request<number>({ type: 'double', n }));
		await settle();
		for (const release of held.reverse()) release();
		expect(await Promise.all(answers)).toEqual([2, 4, 6]);
		expect(received).toEqual([]);
	});

	test('go both ways at once', async () => {
		const { near, far } = await openPair();
		near.onRequest('who', () => 'near');
		far.onRequest('who', async () => `far, asked by ${await far.request({ type: 'who' })}`);
		expect(await near.request({ type: 'who' })).toBe('far, asked by near');
		await expect(near.request({ type: 'unknown' })).rejects.toMatchObject({ code: 'REQUEST_UNHANDLED' });
	});

	test('asked before ACTIVE are sent when it is', async () => {
		const { near, far, start, ends } = await openPair({}, { open: false });
		const sent = vi.spyOn(ends[0], 'send');
		far.onRequest('early', () => 'yes');
		const answer = near.request({ type: 'early' });
		await settle();
		expect(sent).not.toHaveBeenCalled();
		await start();
		expect(await answer).toBe('yes');
	});

	test('an answer of nothing, or of what JSON cannot say, is null', async () => {
		const { near, far } = await openPair();
		far.onRequest('nothing', () => undefined);
		far.onRequest('function', () => () => {});
		expect(await near.request({ type: 'nothing' })).toBeNull();
		expect(await near.request({ type: 'function' })).toBeNull();
	});

	test('a handler that throws tells the peer that it failed, and not why', async () => {
		const { near, far, right } = await openPair();
		far.onRequest('secret', () => {
			throw new Error('password=hunter2');
		});
		const error = await near.request({ type: 'secret' }).catch((thrown): Error => thrown);
		expect(error).toMatchObject({ code: 'REQUEST_FAILED' });
		expect((error as Error).message).not.toContain('hunter2');
		expect(right.state).toBe('ACTIVE');
	});

	test('an answer that comes after the timeout is for nobody', async () => {
		const { clock, near, far, received } = await openPair();
		let answer = (_: string): void => {};
		far.onRequest('slow', () => new Promise((resolve) => (answer = resolve)));
		const waiting = near.request({ type: 'slow' }, { timeoutMs: 50 });
		const outcome = expect(waiting).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' });
		await clock.run(50);
		await outcome;
		answer('too late');
		await settle();
		expect(received).toEqual([]);
	});

	test('too big for the transport rejects that request; too big an answer is a failure of that one', async () => {
		const { left, near, far } = await openPair({}, { maxMessageBytes: 1_000 });
		far.onRequest('big', () => 'x'.repeat(2_000));
		far.onRequest('ok', () => 'ok');
		await expect(near.request({ type: 'ok', filler: 'x'.repeat(2_000) })).rejects.toMatchObject({ code: 'MESSAGE_TOO_BIG' });
		await expect(near.request({ type: 'big' })).rejects.toMatchObject({ code: 'REQUEST_FAILED' });
		expect(await near.request({ type: 'ok' })).toBe('ok');
		expect(left.state).toBe('ACTIVE');
	});

	test('more at work than may be are told to come back', async () => {
		const { clock, near, far } = await openPair({ maxWaiting: 2 });
		far.onRequest('hang', () => new Promise(() => {}));
		const hanging = [1, 2].map(() => near.request({ type: 'hang' }, { timeoutMs: 10 }).catch((error) => error.code));
		await clock.run(10);
		expect(await Promise.all(hanging)).toEqual(['WAIT_TIMEOUT', 'WAIT_TIMEOUT']);
		await expect(near.request({ type: 'hang' })).rejects.toMatchObject({ code: 'REQUEST_BUSY' });
	});

	test('a peer that asks on without reading the answers is ended as a slow reader', async () => {
		const clock = new FakeClock();
		const ends = createMemoryPair({ clock, highWaterBytes: 100 });
		const plugin = new TypedMessagesPlugin({ maxWaiting: 10 });
		const left = new Connection(ends[0], { clock, plugins: [plugin] });
		const right = new Connection(ends[1], { clock, initiator: false });
		await Promise.all([left.open(), right.open()]);
		plugin.onRequest('echo', (message) => message);
		ends[1].pause();
		for (let i = 0; i < 100; i++) right.send(`\u0010Tq${i}:{"type":"echo","filler":"${'x'.repeat(50)}"}`);
		await settle(1_000);
		expect(left.closeInfo).toMatchObject({ code: 4440, error: { code: 'SLOW_READER' } });
	});

	test('mistakes of the caller are a TypeError or RangeError', async () => {
		const { near, far } = await openPair();
		await expect(near.request({} as never)).rejects.toThrow(TypeError);
		await expect(near.request({ type: 'x', n: 1n } as never)).rejects.toThrow(TypeError);
		await expect(near.next({ timeoutMs: Number.NaN })).rejects.toThrow(/timeoutMs/);
		far.onRequest('x', () => 1);
		expect(() => far.onRequest('x', () => 2)).toThrow(TypeError);
		await expect(new TypedMessagesPlugin().next()).rejects.toThrow(TypeError);
		expect(() => new TypedMessagesPlugin({ maxWaiting: 0 })).toThrow(/maxWaiting/);
	});

	test('a handler can be taken back and replaced', async () => {
		const { near, far } = await openPair();
		const off = far.onRequest('x', () => 1);
		off();
		await expect(near.request({ type: 'x' })).rejects.toMatchObject({ code: 'REQUEST_UNHANDLED' });
		far.onRequest('x', () => 2);
		off();
		expect(await near.request({ type: 'x' })).toBe(2);
	});
});

describe('a hostile peer', () => {
	test.each([
		'\u0010Tq',
		'\u0010Tq1',
		'\u0010Tq1:',
		'\u0010Tq1:{',
		'\u0010Tq1:[]',
		'\u0010Tq1:{"type":1}',
		'\u0010Ta1:{',
		'\u0010Tz1:{}',
		'\u0010T',
		'\u0010TqX:{}',
	])('%j is malformed: 4400', async (frame) => {
		const { left, right } = await openPair({}, { raw: true });
		right.send(frame);
		await settle();
		expect(left.closeInfo).toMatchObject({ code: 4400, error: { code: 'MALFORMED_FRAME' } });
	});

	test('a refusal for an unknown reason is a failure, and its text goes nowhere', async () => {
		const { right, near } = await openPair({}, { raw: true });
		const answer = near.request({ type: 'x' }).catch((thrown): Error => thrown);
		await settle();
		right.send('\u0010Te1:toString');
		const error = await answer;
		expect(error).toMatchObject({ code: 'REQUEST_FAILED' });
		expect((error as Error).message).not.toContain('toString');
	});

	test('answers to nothing count for nothing', async () => {
		const { left, right } = await openPair({}, { raw: true });
		right.send('\u0010Ta77:1');
		right.send('\u0010Te77:REQUEST_BUSY');
		await settle();
		expect(left.state).toBe('ACTIVE');
	});
});
