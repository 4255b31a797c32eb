import type { Plugin, Wire } from '@linkscope/core';
import { FakeClock, pluginSuite, settle } from '@linkscope/core/testing';
import { describe, expect, it, test } from 'vitest';
import { CompressionPlugin } from '../compression.js';
import { fakeChannels, SecuredPair } from '../continuity/fixtures/secured-pair.js';
import { StatisticsPlugin } from '../statistics.js';
import { TypedMessagesPlugin } from '../typed-messages.js';
import type { RouteChannel } from './route-messages.js';
import { RoutePlugin } from './route-plugin.js';

const [dialling, accepting] = fakeChannels('client', 'stranger');

/** The suite knows of no secured channel: so this one stands on one of its own. */
function route(): Plugin {
	const plugin = new RoutePlugin({ channel: 'data' });
	const handshake = plugin.handshake.bind(plugin);
	plugin.handshake = (wire) => {
		const { initiator, signal } = wire;
		const secure = initiator ? dialling : accepting;
		return handshake({ initiator, signal, secure, send: (frame) => wire.send(frame), read: () => wire.read(), provideSecure: () => {} });
	};
	return plugin;
}

const greeting = async (wire: Wire) => {
	wire.send('{"type":"route_open","channel":"data"}');
	await wire.read();
};

describe('route', () => {
	// Its end is that of the connection, so there cannot be two.
	const suited = ((name: string, run: () => Promise<void>) => !name.startsWith('a second plugin') && test(name, run)) as typeof test;
	pluginSuite({
		test: suited,
		plugin: route,
		hostile: () => [{ name: 'hostile', handshake: greeting }],
		beside: [() => new StatisticsPlugin(), () => new TypedMessagesPlugin(), () => new CompressionPlugin()],
	});
});

/** The client has the smaller identity of the two. */
function pairOf(left: readonly Plugin[], right: readonly Plugin[], smallerDials = true) {
	const clock = new FakeClock();
	const people = smallerDials ? (['client', 'stranger'] as const) : (['stranger', 'client'] as const);
	return { clock, pair: new SecuredPair({ dialling: people[0], accepting: people[1], left, right, clock, connection: { clock } }) };
}

async function opened(smallerDials = true) {
	const [near, far] = [new RoutePlugin({ channel: 'control' }), new RoutePlugin()];
	const { clock, pair } = pairOf([near], [far], smallerDials);
	await pair.open();
	const heard = { left: [] as string[], right: [] as string[] };
	pair.left.onMessage.on((message) => heard.left.push(String(message)));
	pair.right.onMessage.on((message) => heard.right.push(String(message)));
	return { clock, pair, near, far, heard };
}

describe('a route', () => {
	it('tells the accepting side what it is for, and both who decides', async () => {
		const { near, far } = await opened();
		expect([near.channel, far.channel]).toEqual(['control', 'control']);
		expect([near.decides, far.decides, near.dialledByDecider, far.dialledByDecider]).toEqual([true, false, true, true]);
		const other = await opened(false);
		expect([other.near.decides, other.far.decides, other.near.dialledByDecider, other.far.dialledByDecider]).toEqual([false, true, false, false]);
	});

	it('carries when the side that decides says so', async () => {
		const { near, far } = await opened();
		let told = 0;
		far.onCarry.on(() => told++);
		far.carry();
		expect([near.carries, far.carries]).toEqual([false, false]);
		near.carry();
		near.carry();
		await settle();
		expect([near.carries, far.carries, told]).toEqual([true, true, 1]);
	});

	it('ends for both when each has said that nothing follows, and what they had sent has arrived', async () => {
		const { pair, near, far, heard } = await opened();
		const ends: string[] = [];
		near.onEnd.on(() => ends.push(`near after ${heard.left.length}`));
		far.onEnd.on(() => ends.push(`far after ${heard.right.length}`));
		pair.left.send('one');
		pair.right.send('two');
		const closing = pair.left.close('Close called: Corresponding route was stopped');
		pair.right.send('three');
		await closing;
		await settle();
		expect(ends.sort()).toEqual(['far after 1', 'near after 2']);
		expect([near.isDrained, far.isDrained, near.isOver, far.isOver]).toEqual([true, true, true, true]);
		expect([pair.left.closeInfo, pair.right.closeInfo].map((info) => [info?.code, info?.reason, info?.wasClean])).toEqual(
			Array(2).fill([1000, 'Close called: Corresponding route was stopped', true]),
		);
	});

	it('ends in good order where both sides close at once', async () => {
		const { pair, near, far } = await opened();
		await Promise.all([pair.left.close(), pair.right.close()]);
		expect([near.isDrained, far.isDrained, pair.left.state, pair.right.state]).toEqual([true, true, 'CLOSED', 'CLOSED']);
	});

	it('is over, and not drained, when the connection is lost', async () => {
		const { pair, near, far } = await opened();
		pair.cut();
		await settle();
		expect([near.isOver, far.isOver, near.isDrained, far.isDrained]).toEqual([true, true, false, false]);
	});

	it('closes within the bound where the other side never answers', async () => {
		const { clock, pair } = pairOf([{ name: 'route', handshake: greeting }], [new RoutePlugin()]);
		await pair.open();
		const closing = pair.right.close();
		await clock.run(10_000);
		await closing;
		expect([pair.right.state, clock.pending]).toEqual(['CLOSED', 0]);
	});

	it('that is ended in the turn in which it opens was open, and delivers what came before', async () => {
		const accepting: Plugin = {
			name: 'route',
			handshake: async (wire) => {
				await wire.read();
				for (const frame of ['{"type":"route_opened"}', 'first', '\u0010Re']) wire.send(frame);
			},
		};
		const near = new RoutePlugin({ channel: 'data' });
		const clock = new FakeClock();
		const pair = new SecuredPair({ accepting: 'stranger', left: [near], right: [accepting], clock, connection: { clock }, delivery: 'burst' });
		const heard: unknown[] = [];
		pair.left.onMessage.on((message) => heard.push(message));
		expect(await pair.open()).toEqual([null, null]);
		await settle();
		expect([heard, pair.left.state, pair.fromLeft.at(-1)]).toEqual([['first'], 'CLOSING', '\u0010Ra']);
	});

	it.each([
		['said', ['left', 'right']],
		['answered', ['right']],
	] as const)('is not drained where it has %s the end, and nobody has read that', async (_, closing) => {
		const { pair, near } = await opened();
		pair.ends[0].send = () => true;
		for (const side of closing) void pair[side].close();
		await settle();
		pair.cut();
		await settle();
		expect([near.isOver, near.isDrained]).toEqual([true, false]);
	});

	it('carries a frame of its own kind as a message of the application', async () => {
		const { pair, heard, far } = await opened();
		pair.left.send('\u0010Rk');
		pair.left.send('\u0010Re');
		await settle();
		expect([heard.right, far.isOver]).toEqual([['\u0010Rk', '\u0010Re'], false]);
	});
});

describe('a route refuses', () => {
	const saying =
		(...frames: (string | Uint8Array)[]) =>
		async (wire: Wire) => {
			for (const frame of frames) wire.send(frame);
		};
	const opening = '{"type":"route_open","channel":"data"}';
	const cases: [what: string, handshake: Plugin['handshake'], code: string, closeCode: number][] = [
		['an unknown channel', saying('{"type":"route_open","channel":"bulk"}'), 'MALFORMED_FRAME', 4400],
		['no channel', saying('{"type":"route_open"}'), 'MALFORMED_FRAME', 4400],
		['bytes', saying(new Uint8Array(3)), 'MALFORMED_FRAME', 4400],
		['what is no message', saying('hello'), 'MALFORMED_FRAME', 4400],
		['a message without a type', saying('{"channel":"data"}'), 'MALFORMED_FRAME', 4400],
		['a key twice', saying('{"type":"route_open","channel":"data","channel":"control"}'), 'MALFORMED_FRAME', 4400],
		['another message', saying('{"type":"route_opened"}'), 'PROTOCOL_ORDER', 4402],
		['an unknown kind of frame', saying(opening, '\u0010Rx'), 'MALFORMED_FRAME', 4400],
		['a frame with a body', saying(opening, '\u0010Re1'), 'MALFORMED_FRAME', 4400],
		['a frame of bytes', saying(opening, new Uint8Array([16, 82, 101])), 'MALFORMED_FRAME', 4400],
		['a second word that it carries', saying(opening, '\u0010Rk', '\u0010Rk'), 'PROTOCOL_ORDER', 4402],
		['a second end', saying(opening, '\u0010Re', '\u0010Re'), 'PROTOCOL_ORDER', 4402],
		['an answer to nothing', saying(opening, '\u0010Ra'), 'PROTOCOL_ORDER', 4402],
		['an answer behind the end', saying(opening, '\u0010Re', '\u0010Ra'), 'PROTOCOL_ORDER', 4402],
		['a message behind the end', saying(opening, '\u0010Re', 'more'), 'PROTOCOL_ORDER', 4402],
	];
	for (const [what, handshake, code, closeCode] of cases) {
		it(`${what} with ${closeCode}`, async () => {
			const { pair } = pairOf([{ name: 'route', handshake }], [new RoutePlugin()]);
			await pair.open();
			await settle();
			expect(pair.right.closeInfo).toMatchObject({ code: closeCode, error: { code } });
		});
	}

	it('the word that it carries from the side that follows', async () => {
		const { pair } = pairOf([{ name: 'route', handshake: saying(opening, '\u0010Rk') }], [new RoutePlugin()], false);
		await pair.open();
		await settle();
		expect(pair.right.closeInfo).toMatchObject({ code: 4402, error: { code: 'PROTOCOL_ORDER' } });
	});

	it('a peer that nobody has proved, and itself', async () => {
		const unproved = new SecuredPair({ accepting: 'stranger', left: [new RoutePlugin({ channel: 'data' })], right: [new RoutePlugin()], verified: false });
		expect(await unproved.open()).toContain('SECURITY_ORDER');
		const self = new SecuredPair({ dialling: 'client', accepting: 'client', left: [new RoutePlugin({ channel: 'data' })], right: [new RoutePlugin()] });
		expect(await self.open()).toContain('PEER_MISMATCH');
		expect([self.left.closeInfo?.code, self.right.closeInfo?.code]).toContain(4401);
	});

	it('a channel that there is not, and dialling without one', async () => {
		expect(() => new RoutePlugin({ channel: 'bulk' as RouteChannel })).toThrow(TypeError);
		const { pair } = pairOf([new RoutePlugin()], [new RoutePlugin()]);
		expect(await pair.open()).toContain('HANDSHAKE_FAILED');
	});
});
