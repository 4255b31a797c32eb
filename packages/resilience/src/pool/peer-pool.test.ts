import { FakeClock } from '@linkscope/core/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { PeerPool, type PooledConnection } from './peer-pool.js';

const REPLACED = 'Close called: New connection replaced old one';
const DUPLICATE = 'Duplicate connection - dropped new connection';

/** One whose end the test decides. */
class Fake implements PooledConnection {
	carried = 0;
	closedFor: string | null = null;
	constructor(
		readonly dialledByDecider: boolean,
		readonly decides = true,
	) {}

	carry(): void {
		this.carried++;
	}

	close(reason: string): void {
		this.closedFor ??= reason;
	}
}

let clock: FakeClock;
let pool: PeerPool<Fake>;
let carriers: (Fake | null)[];

beforeEach(() => {
	clock = new FakeClock();
	pool = new PeerPool(clock);
	carriers = [];
	pool.onCarrier.on(({ connection }) => carriers.push(connection));
});

function add(dialledByDecider: boolean, decides = true): Fake {
	const connection = new Fake(dialledByDecider, decides);
	pool.add('data', connection);
	return connection;
}

describe('the side that decides', () => {
	it('lets the first connection of a channel carry it at once', () => {
		const first = add(false);
		expect([first.carried, pool.carrier('data')]).toEqual([1, first]);
	});

	it('keeps the channels apart', () => {
		const data = add(true);
		const control = new Fake(true);
		pool.add('control', control);
		expect([data.closedFor, control.closedFor, pool.count('data'), pool.count('control')]).toEqual([null, null, 1, 1]);
	});

	it.each([true, false])('drops a second one that the same side dialled within 2 s (by the decider: %s)', (byDecider) => {
		const first = add(byDecider);
		clock.advance(1_999);
		const second = add(byDecider);
		expect([first.closedFor, second.closedFor, second.carried]).toEqual([null, DUPLICATE, 0]);
		pool.remove('data', second);
		expect(carriers).toEqual([first]);
	});

	it('keeps what it dialled itself, where both sides dialled, whichever came first', () => {
		const theirs = add(false);
		clock.advance(1_000);
		const mine = add(true);
		expect([theirs.closedFor, mine.closedFor]).toEqual([DUPLICATE, null]);
		clock.advance(1_000);
		const theirsAgain = add(false);
		expect(theirsAgain.closedFor).toBe(DUPLICATE);
	});

	it.each([
		[true, true],
		[true, false],
		[false, true],
		[false, false],
	])('replaces the older one from 2 s on (dialled by the decider: %s, then %s)', (before, after) => {
		const old = add(before);
		clock.advance(2_000);
		const fresh = add(after);
		expect([old.closedFor, fresh.closedFor]).toEqual([REPLACED, null]);
	});

	it('lets the next one carry only when all before it have ended', () => {
		const old = add(true);
		clock.advance(2_000);
		const next = add(true);
		const duplicate = add(true);
		expect([next.carried, pool.carrier('data')]).toEqual([0, old]);
		pool.remove('data', old);
		expect([next.carried, pool.carrier('data')]).toEqual([0, null]);
		pool.remove('data', duplicate);
		expect([next.carried, pool.carrier('data')]).toEqual([1, next]);
		expect(carriers).toEqual([old, null, next]);
	});

	it('takes any connection after the kept one has ended', () => {
		const first = add(true);
		pool.remove('data', first);
		expect(add(true).carried).toBe(1);
	});

	it('knows nothing any more of a connection that is removed twice, or was never there', () => {
		const first = add(true);
		pool.remove('data', first);
		pool.remove('data', first);
		pool.remove('control', first);
		expect([carriers, pool.count('data')]).toEqual([[first, null], 0]);
	});
});

describe('the side that follows', () => {
	it('closes nothing and lets nothing carry by itself', () => {
		const [first, second] = [add(true, false), add(true, false)];
		expect([first.closedFor, second.closedFor, first.carried, second.carried, pool.carrier('data')]).toEqual([null, null, 0, 0, null]);
	});

	it('goes by what the other side says', () => {
		const [first, second] = [add(true, false), add(true, false)];
		pool.carried('data', second);
		expect([pool.carrier('data'), first.closedFor]).toEqual([second, null]);
	});

	it('closes one that still carries when another is said to: the other side does not know it any more', () => {
		const [first, second] = [add(true, false), add(true, false)];
		pool.carried('data', first);
		pool.carried('data', second);
		expect([first.closedFor, second.closedFor, pool.carrier('data')]).toEqual([REPLACED, null, second]);
	});

	it('does not hear of a connection that has ended', () => {
		const first = add(true, false);
		pool.remove('data', first);
		pool.carried('data', first);
		expect(pool.carrier('data')).toBeNull();
	});
});
