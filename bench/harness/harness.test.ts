import { expect, test } from 'vitest';
import { alternate } from './alternate.mjs';
import { replaceRegion } from './document.mjs';
import { figure, single } from './figures.mjs';
import { paired, summarize } from './statistics.mjs';

test('sides are measured in turns, and no side is always first', async () => {
	const order: string[] = [];
	const [a, b] = await alternate(['a', 'b'], 3, (side: string) => order.push(side));
	expect(order.join('')).toBe('abbaab');
	expect([a, b]).toEqual([
		[1, 4, 5],
		[2, 3, 6],
	]);
});

test('a round that was disturbed on both sides does not move the ratio', () => {
	const ratios = paired([10, 10, 1, 10], [11, 11, 1.1, 11], (subject: number, baseline: number) => subject / baseline);
	expect(summarize(ratios).median).toBeCloseTo(1.1);
});

test('the median decides whether a goal is met, and a miss is called one', () => {
	expect(figure({ median: 0.94, low: 0.9, high: 0.99 }, { label: 'x', atLeast: 0.95 })).toMatchObject({
		value: '0.940 (0.900 to 0.990)',
		goal: '≥ 0.950',
		verdict: 'MISSED',
	});
	expect(figure(single(0.95), { label: 'x', atLeast: 0.95 })).toMatchObject({ value: '0.950', verdict: 'ok' });
	expect(figure(single(1), { label: 'x' }).verdict).toBe('');
});

test('results replace their own region of the page and nothing else', () => {
	const page = 'a\n<!-- bench:echo -->\nold\n<!-- /bench:echo -->\nb\n<!-- bench:memory -->\nkept\n<!-- /bench:memory -->\n';
	expect(replaceRegion(page, 'echo', 'new $& result')).toBe(page.replace('old', () => 'new $& result'));
	expect(() => replaceRegion(page, 'stats', 'new')).toThrow('no region <!-- bench:stats -->');
});
