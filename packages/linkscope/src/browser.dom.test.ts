import { describe, expect, it } from 'vitest';
import * as facade from './index.browser.js';

describe('the facade in a page', () => {
	it('offers what the one in Node offers, by the same names', async () => {
		const node = await import('./index.js');
		expect(Object.keys(facade).sort()).toEqual(Object.keys(node).sort());
	});

	it('says that a page can listen at relays alone', async () => {
		await expect(facade.listen({ relays: [], onConnection: () => {} })).rejects.toMatchObject({ code: 'LISTEN_UNSUPPORTED' });
		await expect(facade.listen({ relays: ['wss://relay.example'], onConnection: () => {} })).rejects.toThrow(/^relays needs an identity/);
	});

	it('instruments the page by one import', async () => {
		await import('./auto.browser.js');
		expect(globalThis).toHaveProperty('getConnectionInstrumentationStats');
		expect(String((globalThis as unknown as typeof facade).getConnectionInstrumentationReport())).toContain('CONNECTION REPORT');
	});
});
