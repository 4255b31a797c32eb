import type { CloseInfo, ConnectionState, Subscribable } from '@linkscope/core';
import { Emitter } from '@linkscope/core';
import { FakeClock, settle } from '@linkscope/core/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { redialBackoff } from './redial.js';
import type { RouteConnection } from './route.js';
import { RouteTable, type RouteTableOptions } from './route-table.js';

/** A dial whose outcome the test decides. */
class FakeDial implements RouteConnection {
	state: ConnectionState = 'CONNECTING';
	closeInfo: CloseInfo | null = null;
	rttMs: number | null = null;
	readonly #closes = new Emitter<CloseInfo>();
	readonly onClose: Subscribable<CloseInfo> = this.#closes;
	#settle: { resolve(): void; reject(error: Error): void } = { resolve: () => {}, reject: () => {} };

	constructor(
		readonly route: string,
		readonly channel: string,
	) {}

	open(): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#settle = { resolve, reject };
		});
	}

	async up(): Promise<void> {
		this.state = 'ACTIVE';
		this.#settle.resolve();
		await settle();
	}

	/** Ends, from either side; before it was up that is a failure. */
	async end(code: number, reason = ''): Promise<void> {
		if (this.closeInfo) return;
		const isLost = this.state !== 'ACTIVE' || code !== 1000;
		this.state = isLost ? 'FAILED' : 'CLOSED';
		const error = new Error(`ended with ${code}`);
		this.closeInfo = { code, reason, wasClean: !isLost, initiatedBy: 'remote', ...(isLost && { error }) };
		this.#closes.emit(this.closeInfo);
		this.#settle.reject(error);
		await settle();
	}

	close(reason: string): Promise<void> {
		return this.end(1000, reason);
	}
}

const direct = { name: 'direct', relayed: false };
const relay = { name: 'relay', relayed: true };

let clock: FakeClock;
let dials: FakeDial[];

beforeEach(() => {
	clock = new FakeClock();
	dials = [];
});

function tableOf(options: Partial<RouteTableOptions> = {}): RouteTable {
	const dial = (route: string, channel: string) => {
		const made = new FakeDial(route, channel);
		dials.push(made);
		return made;
	};
	return new RouteTable({ routes: [direct], dial, clock, backoff: redialBackoff(() => 0.5), ...options });
}

const states = (table: RouteTable) => table.routes.map(({ name, state }) => `${name} ${state}`);
const dialled = () => dials.map(({ route, channel }) => `${route} ${channel}`);
const nth = (index: number): FakeDial => dials[index] as FakeDial;

describe('a table of routes', () => {
	it('dials nothing that nobody wants, and what is wanted once', async () => {
		const table = tableOf();
		expect([states(table), dials]).toEqual([['direct idle'], []]);
		table.want('data');
		table.want('data');
		expect([states(table), dialled()]).toEqual([['direct connecting'], ['direct data']]);
		await nth(0).up();
		expect(states(table)).toEqual(['direct up']);
		await clock.run(60_000);
		expect(dials).toHaveLength(1);
	});

	it('dials direct routes before relays, and the next one beside a dial that has not answered within 250 ms', async () => {
		const table = tableOf({ routes: [relay, direct] });
		table.want('data');
		await clock.run(249);
		expect(dialled()).toEqual(['direct data']);
		await clock.run(1);
		expect(dialled()).toEqual(['direct data', 'relay data']);
	});

	it('dials no other beside one that is up, although nobody has said yet that this will do', async () => {
		const table = tableOf({ routes: [direct, relay] });
		table.want('data');
		await nth(0).up();
		await clock.run(10_000);
		expect(dialled()).toEqual(['direct data']);
	});

	it('dials the next one at once where a dial failed', async () => {
		const table = tableOf({ routes: [relay, direct] });
		table.want('data');
		await nth(0).end(1006);
		expect(dialled()).toEqual(['direct data', 'relay data']);
		expect(states(table)).toEqual(['direct failed', 'relay connecting']);
		expect(table.routes[0]?.error?.message).toBe('ended with 1006');
	});

	it('prefers a relay whose measured round trip is less than half of the direct one', async () => {
		const table = tableOf({ routes: [direct, relay] });
		table.want('data');
		await nth(0).end(1006);
		nth(1).rttMs = 40;
		await nth(1).up();
		table.unwant('data');
		await nth(1).end(1006);
		await clock.run(7_500);
		table.want('data');
		expect(table.routes.map(({ name, rttMs }) => [name, rttMs])).toEqual([
			['relay', 40],
			['direct', null],
		]);
		expect(dialled()).toEqual(['direct data', 'relay data', 'relay data']);
	});

	it('has at most so many dials under way', async () => {
		const table = tableOf({ maxDials: 2 });
		for (const channel of ['control', 'data', 'discovery']) table.want(channel);
		expect(dialled()).toEqual(['direct control', 'direct data']);
		await nth(0).up();
		expect(dialled()).toEqual(['direct control', 'direct data', 'direct discovery']);
	});

	it('gives up the dials for a channel that is carried, but not one of which the peer may know', async () => {
		const table = tableOf({ routes: [direct, relay] });
		table.want('data');
		await clock.run(250);
		nth(1).state = 'AUTHENTICATING';
		table.unwant('data');
		expect(dials.map(({ state }) => state)).toEqual(['FAILED', 'AUTHENTICATING']);
		expect(nth(0).closeInfo?.reason).toBe('Duplicate connection - dropped new connection');
		expect(states(table)).toEqual(['direct idle', 'relay connecting']);
	});

	it('dials again 5 s * (1 + rand) after a close', async () => {
		const table = tableOf();
		table.want('data');
		await nth(0).up();
		await nth(0).end(1006);
		expect(states(table)).toEqual(['direct failed']);
		await clock.run(7_499);
		expect(dials).toHaveLength(1);
		await clock.run(1);
		expect(dials).toHaveLength(2);
	});

	it('notices one that ended in the turn in which it opened', async () => {
		const table = tableOf();
		table.want('data');
		const opening = nth(0).up();
		await nth(0).end(1006);
		await opening;
		expect([states(table), clock.pending]).toEqual([['direct failed'], 1]);
	});

	it.each([4401, 4402, 4410])('does not dial again what answered %s, until it is started', async (code) => {
		const table = tableOf();
		table.want('data');
		await nth(0).end(code);
		await clock.run(86_400_000);
		expect([dials.length, states(table), table.isExhausted, clock.pending]).toEqual([1, ['direct failed'], true, 0]);
		table.start('direct');
		expect(dials).toHaveLength(2);
	});

	it('gives a route up with its backoff', async () => {
		const table = tableOf({ backoff: { next: (attempt) => (attempt > 2 ? null : 1_000) } });
		table.want('data');
		for (const index of [0, 1, 2]) {
			await nth(index).end(1006);
			await clock.run(1_000);
		}
		expect([dials.length, table.isExhausted, clock.pending]).toEqual([3, true, 0]);
	});

	it('gives a route up whose dial throws: that is a mistake, and not the network', async () => {
		const table = tableOf({
			dial: () => {
				throw new Error('cannot');
			},
		});
		table.want('data');
		expect([states(table), table.routes[0]?.error?.message, table.isExhausted, clock.pending]).toEqual([['direct failed'], 'cannot', true, 0]);
	});
});

describe('stopping and disabling', () => {
	const stopping = {
		idle: async () => {},
		connecting: async (table: RouteTable) => table.want('data'),
		up: async (table: RouteTable) => {
			table.want('data');
			await nth(0).up();
		},
		failed: async (table: RouteTable) => {
			table.want('data');
			await nth(0).end(1006);
		},
		stopped: async (table: RouteTable) => table.stop('direct'),
		disabled: async (table: RouteTable) => table.disable('direct'),
	};

	for (const [state, reach] of Object.entries(stopping)) {
		it(`from ${state} leaves no timer and no dial`, async () => {
			for (const end of ['stop', 'disable', 'close'] as const) {
				dials = [];
				const table = tableOf();
				await reach(table);
				expect(states(table)).toEqual([`direct ${state}`]);
				await table[end](end === 'close' ? 'Close called.' : 'direct');
				expect([clock.pending, dials.every(({ closeInfo }) => closeInfo)]).toEqual([0, true]);
				await clock.run(60_000);
				expect(dials.length).toBeLessThanOrEqual(1);
			}
		});
	}

	it('closes what it opened in the words of the seed', async () => {
		const table = tableOf();
		table.want('data');
		table.want('control');
		await nth(0).up();
		await table.stop('direct');
		expect(dials.map(({ closeInfo }) => closeInfo?.reason)).toEqual(Array(2).fill('Close called: Corresponding route was stopped'));
		table.start('direct');
		await table.disable('direct');
		expect(dials.slice(2).map(({ closeInfo }) => closeInfo?.reason)).toEqual(Array(2).fill('Close called: Route is disabled'));
	});

	it('a disabled route is not started, nor a stopped one enabled', async () => {
		const table = tableOf();
		await table.disable('direct');
		table.start('direct');
		await table.stop('direct');
		expect(states(table)).toEqual(['direct disabled']);
		table.enable('direct');
		expect(states(table)).toEqual(['direct idle']);
		await table.stop('direct');
		table.enable('direct');
		expect(states(table)).toEqual(['direct stopped']);
	});

	it('tells of every change, and of a route that is not there by name', async () => {
		const table = tableOf();
		const seen: string[] = [];
		table.onChange.on(() => seen.push(...states(table)));
		table.want('data');
		await nth(0).up();
		await table.stop('direct');
		expect(seen).toEqual(['direct up', 'direct stopped']);
		expect(() => table.start('elsewhere')).toThrow('there is no route "elsewhere"; there are: direct');
	});
});
