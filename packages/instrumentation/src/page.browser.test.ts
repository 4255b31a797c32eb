import { afterEach, expect, test } from 'vitest';
import { getConnectionInstrumentationReport, getConnectionInstrumentationStats, installInstrumentation } from './index.js';

const start = location.href;
let undo = () => {};
afterEach(() => {
	undo();
	history.replaceState(null, '', start);
});

test('the Navigation API tells of every step, so nothing is patched', () => {
	const { pushState } = history;
	undo = installInstrumentation();
	expect(history.pushState).toBe(pushState);
	history.pushState(null, '', '/register/email?token=SECRET');
	history.pushState(null, '', '/app#/inbox');
	expect(getConnectionInstrumentationStats().navigation.map(({ path }) => path)).toEqual([new URL(start).pathname, '/register/email', '#/inbox']);
});

test('a page sees the report as an object whose first property is its text', () => {
	undo = installInstrumentation({ label: 'RENDERER 1' });
	const report = getConnectionInstrumentationReport();
	expect(Object.entries(report)[0]).toEqual(['text', String(report)]);
	expect(report.text).toContain('CONNECTION REPORT [RENDERER 1]');
	expect(structuredClone(report.stats)).toEqual(report.stats);
});
