import type { Payload } from '@linkscope/core';
import { FakeClock, settle } from '@linkscope/core/testing';
import fc from 'fast-check';
import { test } from 'vitest';
import { ContinuitySession } from './continuity-session.js';
import { ContinuitySessions } from './continuity-sessions.js';
import { SecuredPair } from './fixtures/secured-pair.js';

/** What happens to the network and the applications, in any order. */
const step = fc.oneof(
	{ weight: 6, arbitrary: fc.record({ kind: fc.constant('send' as const), side: fc.nat(1), count: fc.integer({ min: 1, max: 70 }) }) },
	{ weight: 4, arbitrary: fc.record({ kind: fc.constant('settle' as const), turns: fc.nat(80) }) },
	{ weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(900) }) },
	{
		weight: 3,
		arbitrary: fc.record({
			kind: fc.constant('connect' as const),
			burst: fc.boolean(),
			latencyMs: fc.constantFrom(0, 0, 3, 40),
			highWaterBytes: fc.constantFrom(1, 64_000),
		}),
	},
	{ weight: 2, arbitrary: fc.record({ kind: fc.constant('cut' as const), side: fc.nat(2) }) },
	{ weight: 1, arbitrary: fc.record({ kind: fc.constant('vanish' as const), side: fc.nat(1) }) },
);

/** Two applications, the connections between them, and what each of them sent and received. */
class World {
	readonly clock = new FakeClock();
	readonly session: ContinuitySession;
	readonly sessions: ContinuitySessions;
	readonly sent: Payload[][] = [[], []];
	readonly received: Payload[][] = [[], []];
	readonly inDoubt: (readonly Payload[])[] = [];
	readonly pairs: SecuredPair[] = [];
	isOver = false;
	private server: ContinuitySession | null = null;

	constructor(windowMs: number) {
		this.session = new ContinuitySession({ clock: this.clock, windowMs });
		this.sessions = new ContinuitySessions({ clock: this.clock, windowMs });
		this.session.onLost.on(({ unacknowledged }) => {
			this.inDoubt[0] = unacknowledged;
			this.isOver = true;
		});
		this.sessions.onSession.on((one) => {
			this.server = one;
			one.onLost.on(({ unacknowledged }) => {
				this.inDoubt[1] = unacknowledged;
				this.isOver = true;
			});
		});
	}

	connect(options: { burst?: boolean; latencyMs?: number; highWaterBytes?: number } = {}): void {
		const { burst, ...memory } = options;
		const pair = new SecuredPair({
			clock: this.clock,
			delivery: burst ? 'burst' : 'single',
			left: [this.session.plugin()],
			right: [this.sessions.plugin()],
			...memory,
		});
		pair.left.onMessage.on((message) => this.received[0]?.push(message));
		pair.right.onMessage.on((message) => this.received[1]?.push(message));
		this.pairs.push(pair);
		void pair.open();
	}

	/** As a link does: through the newest connection that is ACTIVE, else into the session. */
	send(side: number): void {
		const number = this.sent[side]?.length ?? 0;
		const message = number % 3 === 0 ? new Uint8Array([number, number >> 8]) : `${number}`;
		const open = this.pairs
			.map(({ left, right }) => (side === 0 ? left : right))
			.filter(({ state }) => state === 'ACTIVE')
			.at(-1);
		const to = open ?? (side === 0 ? this.session : this.server);
		if (!to) return;
		this.sent[side]?.push(typeof message === 'string' ? message : message.slice());
		to.send(message);
	}

	cut(side: number): void {
		const pair = this.pairs.at(-1);
		if (side !== 1) pair?.left.terminate();
		if (side !== 0) pair?.right.terminate();
	}

	vanish(side: number): void {
		const end = this.pairs.at(-1)?.ends[side];
		if (end) end.send = () => true;
	}

	async take(event: typeof step extends fc.Arbitrary<infer Event> ? Event : never): Promise<void> {
		if (event.kind === 'settle') await settle(event.turns);
		else if (event.kind === 'wait') await this.clock.run(event.ms);
		else if (event.kind === 'connect') this.connect(event);
		else if (event.kind === 'cut') this.cut(event.side);
		else if (event.kind === 'vanish') this.vanish(event.side);
		else for (let i = 0; i < event.count && !this.isOver; i++) this.send(event.side);
	}
}

const text = (messages: readonly Payload[]): string => messages.map((message) => (typeof message === 'string' ? message : `[${message.join()}]`)).join(' ');

function same(got: readonly Payload[], expected: readonly Payload[], what: string): void {
	if (text(got) !== text(expected)) throw new Error(`${what}:\n got ${text(got)}\nsent ${text(expected)}`);
}

test('whatever the network does within the window, every message arrives once and in order', { timeout: 120_000 }, async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (events) => {
			const world = new World(10_000_000);
			for (const event of events) await world.take(event);
			await world.clock.run(60_000);
			world.connect();
			await world.clock.run(60_000);
			same(world.received[1] ?? [], world.sent[0] ?? [], 'at the server');
			same(world.received[0] ?? [], world.sent[1] ?? [], 'at the client');
			if (world.session.bufferedBytes !== 0) throw new Error(`${world.session.bufferedBytes} bytes are not acknowledged`);
		}),
		{ numRuns: 500 },
	);
});

test('beyond the window, what arrived is a beginning of what was sent, and all the rest is reported', { timeout: 120_000 }, async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (events) => {
			const world = new World(400);
			for (const event of events) if (!world.isOver) await world.take(event);
			await settle(500);
			for (const { left, right } of world.pairs) {
				left.terminate();
				right.terminate();
			}
			world.session.close();
			await world.clock.run(100_000);
			for (const side of [0, 1]) {
				const sent = world.sent[side] ?? [];
				const received = world.received[1 - side] ?? [];
				const inDoubt = world.inDoubt[side] ?? [];
				same(received, sent.slice(0, received.length), 'a beginning');
				same(inDoubt, sent.slice(sent.length - inDoubt.length), 'the rest');
				if (received.length + inDoubt.length < sent.length) throw new Error(`${sent.length} sent, ${received.length} arrived, ${inDoubt.length} reported`);
			}
			if (world.clock.pending !== 0) throw new Error(`${world.clock.pending} timers are left`);
		}),
		{ numRuns: 500 },
	);
});
