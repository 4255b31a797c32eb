import { Emitter } from '@linkscope/core';
import { FakeClock, settle } from '@linkscope/core/testing';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { StatusBroadcaster, type StatusBroadcasterOptions } from './status-broadcaster.js';

const node1 = {
	log_reader: { state: 'connected', host: '192.168.1.100', port: 9001, reconnect_attempts: 0, last_error: null },
	api_client: { state: 'connected', is_available: true, last_error: null, reconnect_attempts: 0, last_successful_request: 1696800000.5 },
};

class FakeClient {
	bufferedAmount = 0;
	readyState = 1;
	readonly frames: string[] = [];

	send(frame: string): void {
		this.frames.push(frame);
	}
}

let clock: FakeClock;
let source: { states: object; onChange: Emitter<void> };

beforeEach(() => {
	clock = new FakeClock();
	source = { states: { node1 }, onChange: new Emitter<void>() };
});

const broadcasterOf = (options: StatusBroadcasterOptions = {}) => new StatusBroadcaster(source, { clock, ...options });

describe('a status broadcaster', () => {
	it('sends the frame of the seed at once when a client comes, and every 10 s', () => {
		const broadcaster = broadcasterOf();
		const client = new FakeClient();
		broadcaster.add(client);
		expect(client.frames.map((frame) => JSON.parse(frame))).toEqual([{ type: 'connection_status', states: { node1 } }]);
		clock.advance(60_000);
		expect(client.frames).toHaveLength(7);
		expect(broadcaster.statistics).toEqual({ clients: 1, framesSent: 7, framesSkipped: 0, clientsDropped: 0 });
	});

	it('tells of a change at once, and of many that follow together and not too often', () => {
		const broadcaster = broadcasterOf();
		const client = new FakeClient();
		broadcaster.add(client);
		source.states = { node1: { link: { state: 'error' } } };
		source.onChange.emit();
		expect(client.frames.at(-1)).toBe('{"type":"connection_status","states":{"node1":{"link":{"state":"error"}}}}');
		for (let i = 0; i < 1_000; i++) source.onChange.emit();
		expect(client.frames).toHaveLength(2);
		source.states = { last: {} };
		source.onChange.emit();
		clock.advance(100);
		expect(client.frames).toHaveLength(3);
		expect(client.frames.at(-1)).toContain('last');
		clock.advance(1_000);
		expect(client.frames).toHaveLength(3);
	});

	it('lets a slow client skip frames, and the others not wait', () => {
		const broadcaster = broadcasterOf({ maxBufferedBytes: 100 });
		const [slow, quick] = [new FakeClient(), new FakeClient()];
		broadcaster.add(slow);
		broadcaster.add(quick);
		slow.bufferedAmount = 101;
		clock.advance(3_600_000);
		expect([slow.frames.length, quick.frames.length]).toEqual([1, 361]);
		slow.bufferedAmount = 100;
		source.onChange.emit();
		expect(slow.frames).toHaveLength(2);
		expect(broadcaster.statistics.framesSkipped).toBe(360);
	});

	it('drops a client that throws, in whatever way, and nobody else', async () => {
		const broadcaster = broadcasterOf();
		const dropped: string[] = [];
		broadcaster.onDropped.on(({ error }) => dropped.push(error.message));
		const well = new FakeClient();
		const throwing = new FakeClient();
		throwing.send = () => {
			throw new Error('send threw');
		};
		const rejecting = { send: async () => Promise.reject(new Error('send rejected')) };
		const spoiled = {
			send() {},
			get bufferedAmount(): number {
				throw 'bufferedAmount threw';
			},
		};
		for (const client of [throwing, rejecting, spoiled, well]) broadcaster.add(client);
		// Two frames are on their way to the one that rejects.
		source.onChange.emit();
		await settle();
		clock.advance(10_000);
		expect(well.frames).toHaveLength(3);
		expect(dropped.sort()).toEqual(['bufferedAmount threw', 'send rejected', 'send threw']);
		expect(broadcaster.statistics).toMatchObject({ clients: 1, clientsDropped: 3 });
	});

	it('waits for a client that is connecting, and forgets one that is closed', () => {
		const broadcaster = broadcasterOf();
		const client = new FakeClient();
		client.readyState = 0;
		broadcaster.add(client);
		expect(client.frames).toEqual([]);
		client.readyState = 1;
		clock.advance(10_000);
		expect(client.frames).toHaveLength(1);
		client.readyState = 2;
		clock.advance(10_000);
		expect([client.frames.length, broadcaster.statistics.clients, clock.pending]).toEqual([1, 0, 0]);
	});

	it('serialises once for all clients, and not at all where there are none', () => {
		const read = vi.spyOn(source, 'states', 'get' as never).mockReturnValue({ node1 } as never);
		const broadcaster = broadcasterOf();
		source.onChange.emit();
		clock.advance(60_000);
		expect(read).not.toHaveBeenCalled();
		for (let i = 0; i < 10; i++) broadcaster.add(new FakeClient());
		read.mockClear();
		clock.advance(10_000);
		expect(read).toHaveBeenCalledTimes(1);
	});

	it('leaves no timer and no listener where clients have left, and when it is closed', () => {
		const broadcaster = broadcasterOf();
		const remove = broadcaster.add(new FakeClient());
		source.onChange.emit();
		remove();
		remove();
		expect(clock.pending).toBe(0);
		const client = new FakeClient();
		broadcaster.add(client);
		broadcaster.close();
		broadcaster.add(client);
		clock.advance(60_000);
		expect([client.frames.length, clock.pending, source.onChange.count, broadcaster.statistics.clients]).toEqual([1, 0, 0, 0]);
	});

	it('may be closed, and lose clients, in the middle of a broadcast', () => {
		const broadcaster = broadcasterOf();
		const [first, second] = [new FakeClient(), new FakeClient()];
		broadcaster.add(first);
		const remove = broadcaster.add(second);
		first.send = () => {
			remove();
			broadcaster.close();
		};
		clock.advance(10_000);
		expect([second.frames.length, clock.pending]).toEqual([1, 0]);
	});

	it('goes on where the states cannot be told, and the application hears why', () => {
		const later = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation(() => {});
		const broadcaster = broadcasterOf();
		const client = new FakeClient();
		broadcaster.add(client);
		const { states } = source;
		const circle: Record<string, unknown> = {};
		circle.self = circle;
		source.states = circle;
		clock.advance(10_000);
		expect(later).toHaveBeenCalledTimes(1);
		later.mockRestore();
		source.states = states;
		clock.advance(10_000);
		expect(client.frames).toHaveLength(2);
	});

	it.each([
		[{ intervalMs: 0 }, 'intervalMs'],
		[{ minGapMs: -1 }, 'minGapMs'],
		[{ maxBufferedBytes: Number.NaN }, 'maxBufferedBytes'],
	])('refuses %o', (options, name) => {
		expect(() => broadcasterOf(options)).toThrow(RangeError);
		expect(() => broadcasterOf(options)).toThrow(name);
	});

	it('refuses what is no source and no client', () => {
		expect(() => new StatusBroadcaster({} as never)).toThrow(TypeError);
		expect(() => broadcasterOf().add({} as never)).toThrow(TypeError);
	});
});
