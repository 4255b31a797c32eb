/**
 * One line of a result table.
 * @typedef {object} Figure
 * @property {string} label what was measured
 * @property {string} baseline the side it is compared with, formatted; '' where there is none
 * @property {string} subject linkscope's side, formatted
 * @property {string} value the figure itself, with its spread
 * @property {string} goal '' where none was set
 * @property {'ok' | 'MISSED' | ''} verdict
 */

/**
 * A figure held against its goal by the median alone; the spread is for the reader.
 * @param {{ median: number, low: number, high: number }} summary
 * @param {{ label: string, baseline?: string, subject?: string, format?: (n: number) => string, atLeast?: number, atMost?: number }} about
 * @returns {Figure}
 */
export function figure(summary, { label, baseline = '', subject = '', format = ratio, atLeast, atMost }) {
	const spread = summary.low === summary.high ? '' : ` (${format(summary.low)} to ${format(summary.high)})`;
	const met = (atLeast === undefined || summary.median >= atLeast) && (atMost === undefined || summary.median <= atMost);
	const goals = [...(atLeast === undefined ? [] : [`≥ ${format(atLeast)}`]), ...(atMost === undefined ? [] : [`≤ ${format(atMost)}`])];
	const verdict = goals.length === 0 ? '' : met ? 'ok' : 'MISSED';
	return { label, baseline, subject, value: format(summary.median) + spread, goal: goals.join(', '), verdict };
}

/** A summary of one value that was measured once. */
export function single(value) {
	return { median: value, low: value, high: value };
}

export const ratio = (n) => n.toFixed(3);
export const perSecond = (n) => `${Math.round(n).toLocaleString('en-US')}/s`;
export const microseconds = (n) => `${n.toFixed(2)} µs`;
export const nanoseconds = (n) => `${n.toFixed(1)} ns`;
export const milliseconds = (n) => `${n.toFixed(1)} ms`;
export const bytes = (n) => `${Math.round(n).toLocaleString('en-US')} B`;
export const megabytes = (n) => `${(n / 1e6).toFixed(2)} MB`;
