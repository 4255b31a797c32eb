import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TransportError } from '@linkscope/core';
import { FakeClock } from '@linkscope/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dialNode } from './dial-node.js';
import { closing, MiB, messages, spliceSockets, TinyRelay } from './relay-pair.fixture.js';
import type { RelaySocket, SocketEnd } from './relay-socket.js';

let clock: FakeClock;
let near: TinyRelay;
let far: TinyRelay;
beforeEach(async () => {
	clock = new FakeClock();
	near = await TinyRelay.listen(clock);
	far = await TinyRelay.listen(clock);
});
afterEach(async () => {
	await near.close();
	await far.close();
});

async function link(): Promise<[dialled: RelaySocket, accepted: RelaySocket]> {
	return Promise.all([dialNode(far.url, { clock, timeoutMs: 1000 }), far.next()]);
}

describe('dialNode', () => {
	it('gives a socket that talks as any other, with masks on', async () => {
		const [dialled, accepted] = await link();
		const heard = new Promise<string>((resolve) => accepted.start({ text: resolve, closed() {} }));
		const answered = new Promise<string>((resolve) => dialled.start({ text: resolve, closed() {} }));
		dialled.send('from a client');
		accepted.send('from a server');
		expect([await heard, await answered]).toEqual(['from a client', 'from a server']);
		expect([dialled.address, clock.pending]).toEqual(['127.0.0.1', 0]);
	});

	it('ends on both sides', async () => {
		const [dialled, accepted] = await link();
		const ends = Promise.all([dialled, accepted].map((socket) => new Promise<SocketEnd>((closed) => socket.start({ text() {}, closed }))));
		dialled.close(4401, 'AUTH_FAILED');
		expect((await ends).map(({ code }) => code)).toEqual([4401, 4401]);
	});

	it('says why nobody could be reached', async () => {
		const { port } = far;
		await far.close();
		await expect(dialNode(`ws://127.0.0.1:${port}`, { clock, timeoutMs: 1000 })).rejects.toThrow(TransportError);
		await expect(dialNode('nowhere', { clock, timeoutMs: 1000 })).rejects.toThrow('nowhere could not be dialled: Invalid URL: nowhere');
		const aborted = dialNode(`ws://127.0.0.1:${port}`, { clock, timeoutMs: 1000 }, AbortSignal.abort());
		await expect(aborted).rejects.toThrow('given up');
		expect(clock.pending).toBe(0);
		far = await TinyRelay.listen(clock);
	});

	it('waits no longer than it was told for one that says nothing, and leaves no connection', async () => {
		const silent = createServer();
		silent.on('upgrade', (_, socket) => {
			socket.on('error', () => {}).on('end', () => socket.end());
			socket.resume();
		});
		await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
		const requested = new Promise<void>((resolve) => silent.once('upgrade', () => resolve()));
		const url = `ws://127.0.0.1:${(silent.address() as AddressInfo).port}`;
		const late = dialNode(url, { clock, timeoutMs: 1000 });
		await requested;
		clock.advance(1000);
		await expect(late).rejects.toMatchObject({ code: 'OPEN_FAILED', message: `${url} could not be dialled: no answer within 1000 ms` });
		const giveUp = new AbortController();
		const aborted = dialNode(url, { clock, timeoutMs: 1000 }, giveUp.signal);
		giveUp.abort();
		await expect(aborted).rejects.toMatchObject({ code: 'OPEN_FAILED' });
		await new Promise((resolve) => silent.close(resolve));
		expect(clock.pending).toBe(0);
	});
});

describe('a splice over two nodes', () => {
	it('passes frames and the end on, both ways', async () => {
		const { client: dialler, socket: diallerSocket } = await near.client();
		const [dialled, accepted] = await link();
		const { client: listener, socket: listenerSocket } = await far.client();
		const atNear = spliceSockets(diallerSocket, dialled, { clock });
		const atFar = spliceSockets(accepted, listenerSocket, { clock });
		for (const [from, to] of [
			[dialler, listener],
			[listener, dialler],
		] as const) {
			const got = messages(to, 3);
			from.send('text');
			from.send(Buffer.alloc(2 * MiB, 5));
			from.send(Buffer.alloc(0));
			expect((await got).map(({ data, isBinary }) => [isBinary, data.length])).toEqual([
				[false, 4],
				[true, 2 * MiB],
				[true, 0],
			]);
			expect((await got)[1]?.data.every((byte) => byte === 5)).toBe(true);
		}
		const both = Promise.all([closing(dialler), closing(listener)]);
		listener.close(4000, 'over two nodes');
		const told = { code: 4000, reason: 'over two nodes' };
		expect(await both).toEqual([told, told]);
		await Promise.all([atNear.closed, atFar.closed]);
		expect([await atNear.ended, await atFar.ended]).toMatchObject([told, told]);
		expect(clock.pending).toBe(0);
	});

	it('is nothing for two sockets to other nodes, nor for foreign ones', async () => {
		const [first] = await link();
		const [second] = await link();
		expect(() => spliceSockets(first, second)).toThrow(TypeError);
		expect(() => spliceSockets(first, { ...second, start() {} } as RelaySocket)).toThrow(TypeError);
	});
});
