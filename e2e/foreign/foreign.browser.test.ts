import { getConnectionInstrumentationStats, installInstrumentation } from '@linkscope/instrumentation';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { applications } from './applications/index.js';
import { carried, told } from './compare.js';
import type { WiredConnection } from './servers/wire-counter.js';

// The libraries were loaded above: those that keep the WebSocket they found then keep the unpatched one.
const ports = inject('foreignPorts');
let uninstall: () => void;
beforeAll(() => {
	uninstall = installInstrumentation({ include: Object.values(ports).map((port) => `:${port}/`) });
});
afterAll(() => uninstall());

test.each(Object.keys(applications))('in chromium the stats of %s are what the wire of its server carried', async (application) => {
	const port = ports[application] as number;
	const connections = () => getConnectionInstrumentationStats().connections.filter(({ url }) => new URL(url).port === String(port));
	const wire = async (): Promise<WiredConnection[]> => (await fetch(inject('wireCountsUrl') + application)).json();
	await applications[application]?.(port);
	expect((await wire()).length).toBeGreaterThan(0);
	await vi.waitFor(async () => expect(told(connections())).toEqual(carried(await wire())), 25_000);
});
