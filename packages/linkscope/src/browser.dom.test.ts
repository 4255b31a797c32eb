import { describe, expect, it } from 'vitest';
import * as facade from './index.browser.js';

describe('the facade in a page', () => {
	it('offers what the one in Node offers, by the same names', async () => {
		const node = await import('./index.js');
		expect(Object.keys(facade).sort()).toEqual(Object.keys(node).sort());
	});

	it('says that a page cannot listen', async () => {
		await expect(facade.listen({})).rejects.toMatchObject({ code: 'LISTEN_UNSUPPORTED' });
	});

	it('instruments the page by one import', async () => {
		await import('./auto.browser.js');
		expect(globalThis).toHaveProperty('getConnectionInstrumentationStats');
		expect(String((globalThis as unknown as typeof facade).getConnectionInstrumentationReport())).toContain('CONNECTION REPORT');
	});
});
