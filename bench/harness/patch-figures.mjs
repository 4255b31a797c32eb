import { figure, microseconds, perSecond } from './figures.mjs';
import { paired, quantile, summarize } from './statistics.mjs';

/**
 * What the patch costs, from rounds of { perSecond, cpuUs } of three sides: patch off, patch on and read, patch on and unread.
 * @returns {import('./figures.mjs').Figure[]}
 */
export function patchFigures(name, [off, read, unread]) {
	const compare = (on, key, combine, format, label, about) =>
		figure(summarize(paired(off, on, (mine, base) => combine(mine[key], base[key]))), {
			label: `${name}: ${label}`,
			baseline: format(middle(off, key)),
			subject: format(middle(on, key)),
			...about,
		});
	return [
		compare(read, 'perSecond', (on, base) => on / base, perSecond, 'echoes, on ÷ off', { atLeast: 0.95 }),
		compare(read, 'cpuUs', (on, base) => on - base, microseconds, 'CPU added an echo', { format: microseconds, atMost: 0.5 }),
		compare(unread, 'cpuUs', (on, base) => base / on, microseconds, 'nobody reads, CPU off ÷ on', { atLeast: 0.98 }),
	];
}

function middle(rounds, key) {
	return quantile(
		rounds.map((round) => round[key]),
		0.5,
	);
}
