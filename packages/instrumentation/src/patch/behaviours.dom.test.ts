import { hub } from '@linkscope/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { behaviours } from './fixtures/behaviours.js';
import { startScriptedServer } from './fixtures/scripted-server.js';
import { patchWebSocket } from './index.js';

let server: Awaited<ReturnType<typeof startScriptedServer>>;
beforeAll(async () => {
	server = await startScriptedServer();
});
afterAll(() => server.stop());

test('under happy-dom an application cannot tell the patch from its absence', async () => {
	const before = await behaviours(WebSocket, server.url);
	const unsubscribe = hub.subscribe(() => {});
	const undo = patchWebSocket();
	expect(await behaviours(WebSocket, server.url)).toEqual(before);
	undo();
	unsubscribe();
	expect(await behaviours(WebSocket, server.url)).toEqual(before);
});
