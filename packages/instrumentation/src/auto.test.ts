import { expect, test } from 'vitest';

test('importing auto is the installation', async () => {
	expect('getConnectionInstrumentationStats' in globalThis).toBe(false);
	await import('./auto.js');
	expect('getConnectionInstrumentationStats' in globalThis).toBe(true);
	expect('getConnectionInstrumentationReport' in globalThis).toBe(true);
});
