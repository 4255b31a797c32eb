import { FakeClock } from '@linkscope/core/testing';
import { expect, test, vi } from 'vitest';
import { HEAD_START_MS, Race, type Way } from './race.js';

/** A way whose end the test decides. */
function way() {
	const begun = vi.fn();
	const dropped = vi.fn();
	let settle: { resolve(value: string): void; reject(error: unknown): void } = { resolve: () => {}, reject: () => {} };
	let meet = () => false;
	const run: Way<string> = (met) => {
		begun();
		meet = met;
		return { result: new Promise((resolve, reject) => (settle = { resolve, reject })), drop: dropped };
	};
	return {
		run,
		begun,
		dropped,
		meet: () => meet(),
		async open(value: string) {
			settle.resolve(value);
			await Promise.resolve();
		},
		async fail(text: string) {
			settle.reject(new Error(text));
			await Promise.resolve();
			await Promise.resolve();
		},
	};
}

function race(isFinal: (error: unknown, met: boolean) => boolean = () => false) {
	const clock = new FakeClock();
	const running = new Race<string>({ clock, isFinal });
	running.result.catch(() => {});
	return { clock, running };
}

const begun = (...ways: ReturnType<typeof way>[]) => ways.map((one) => one.begun.mock.calls.length);

test('a direct way has a head start, then the relay goes beside it', async () => {
	const { clock, running } = race();
	const [direct, relay] = [way(), way()];
	running.enter({ direct: [direct.run], relayed: [relay.run] }, true);
	clock.advance(HEAD_START_MS - 1);
	expect(begun(direct, relay)).toEqual([1, 0]);
	clock.advance(1);
	expect(begun(direct, relay)).toEqual([1, 1]);
	await relay.open('relay');
	expect(await running.result).toBe('relay');
	expect(direct.dropped).toHaveBeenCalledOnce();
	expect(relay.dropped).not.toHaveBeenCalled();
	expect(clock.pending).toBe(0);
});

test('a way that fails makes room for the next at once, direct ones before relays', async () => {
	const { running } = race();
	const [first, second, relay] = [way(), way(), way()];
	running.enter({ direct: [first.run, second.run], relayed: [relay.run] }, true);
	await first.fail('refused');
	expect(begun(second, relay)).toEqual([1, 0]);
	await second.fail('refused');
	expect(begun(relay)).toEqual([1]);
});

test('each lane goes on by itself while nobody answers', () => {
	const { clock, running } = race();
	const [first, second, third, relay] = [way(), way(), way(), way()];
	running.enter({ direct: [first.run, second.run, third.run], relayed: [relay.run] }, true);
	clock.advance(HEAD_START_MS);
	expect(begun(first, second, third, relay)).toEqual([1, 1, 0, 1]);
	clock.advance(HEAD_START_MS);
	expect(begun(third)).toEqual([1]);
});

test('where the peer has been met the others are dropped, and none begins', async () => {
	const { clock, running } = race();
	const [direct, relay, never] = [way(), way(), way()];
	running.enter({ direct: [direct.run, never.run], relayed: [relay.run] }, true);
	clock.advance(HEAD_START_MS);
	const begunLate = never.begun.mock.calls.length;
	expect([relay.meet(), direct.meet()]).toEqual([true, false]);
	expect(direct.dropped).toHaveBeenCalledOnce();
	expect(relay.dropped).not.toHaveBeenCalled();
	clock.advance(10 * HEAD_START_MS);
	expect(begun(direct, relay, never)).toEqual([1, 1, begunLate]);
	await direct.open('too late');
	await relay.open('relay');
	expect(await running.result).toBe('relay');
});

test('a peer that was met and lost again is looked for on the ways that were dropped', async () => {
	const { clock, running } = race();
	const [direct, relay] = [way(), way()];
	running.enter({ direct: [direct.run], relayed: [relay.run] }, true);
	clock.advance(HEAD_START_MS);
	relay.meet();
	await relay.fail('lost');
	expect(begun(direct)).toEqual([2]);
	await direct.open('direct');
	expect(await running.result).toBe('direct');
});

test('what the peer itself said is final, and the tries before are in its errors', async () => {
	const { running } = race((_, met) => met);
	const [stranger, inviter, never] = [way(), way(), way()];
	running.enter({ direct: [stranger.run, inviter.run, never.run] }, true);
	await stranger.fail('stranger');
	inviter.meet();
	await inviter.fail('refused');
	const error = await running.result.catch((thrown) => thrown);
	expect(error.message).toBe('refused');
	expect(error.errors.map(({ message }: Error) => message)).toEqual(['stranger', 'refused']);
	expect(begun(never)).toEqual([0]);
});

test('what the relay said comes last, whichever failed first', async () => {
	const { clock, running } = race();
	const [direct, relay] = [way(), way()];
	running.enter({ direct: [direct.run], relayed: [relay.run] }, true);
	clock.advance(HEAD_START_MS);
	await relay.fail('not registered');
	await direct.fail('unreachable');
	const error = await running.result.catch((thrown) => thrown);
	expect(error.errors.map(({ message }: Error) => message)).toEqual(['unreachable', 'not registered']);
	expect(error.message).toBe('not registered');
});

test('ways that come later are waited for, and go at once where the head start is over', async () => {
	const { clock, running } = race();
	const [known, found, relay] = [way(), way(), way()];
	running.enter({ direct: [known.run] }, false);
	clock.advance(HEAD_START_MS);
	running.enter({ direct: [found.run], relayed: [relay.run] }, true);
	expect(begun(found, relay)).toEqual([1, 1]);

	const waiting = race();
	const [only, late] = [way(), way()];
	waiting.running.enter({ direct: [only.run] }, false);
	await only.fail('refused');
	waiting.running.enter({ relayed: [late.run] }, true);
	await late.open('late');
	expect(await waiting.running.result).toBe('late');
});

test('a way that cannot even begin is one that failed', async () => {
	const { running } = race();
	const relay = way();
	running.enter(
		{
			direct: [
				() => {
					throw new TypeError('no such URL');
				},
			],
			relayed: [relay.run],
		},
		true,
	);
	await vi.waitFor(() => expect(begun(relay)).toEqual([1]));
	await relay.open('relay');
	expect(await running.result).toBe('relay');
});
