import { FakeClock } from '@linkscope/core/testing';
import { expect, test } from 'vitest';
import { HealthWatch } from './health-watch.js';

function watched(answers: unknown[]) {
	const clock = new FakeClock();
	const replacedAtS: number[] = [];
	const link = { replace: () => replacedAtS.push(clock.now() / 1_000) > 0 };
	const check = async () => {
		const answer = answers.shift();
		if (answer === 'hangs') await new Promise(() => {});
		if (answer instanceof Error) throw answer;
		return answer;
	};
	const watch = new HealthWatch(link, { check, clock });
	watch.start();
	return { clock, watch, replacedAtS };
}

const bad = new Error('no answer');

test('two failed checks in a row open a replacement; one does not', async () => {
	const { clock, watch, replacedAtS } = watched([bad, 'ok', bad, bad, bad, bad]);
	await clock.run(180_000);
	expect(replacedAtS).toEqual([120, 180]);
	watch.stop();
	expect(clock.pending).toBe(0);
});

test('one CRITICAL is enough', async () => {
	const { clock, replacedAtS } = watched(['ok', 'CRITICAL', 'ok']);
	await clock.run(90_000);
	expect(replacedAtS).toEqual([60]);
});

test('a check that does not end has failed, and none is started beside it', async () => {
	const { clock, replacedAtS } = watched(['hangs']);
	await clock.run(90_000);
	expect(replacedAtS).toEqual([90]);
});
