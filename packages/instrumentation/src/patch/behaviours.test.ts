import { hub } from '@linkscope/core';
import { WebSocket as UndiciWebSocket } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WsWebSocket from 'ws';
import { behaviours } from './fixtures/behaviours.js';
import { startScriptedServer } from './fixtures/scripted-server.js';
import { instrumentUndici, instrumentWs } from './index.js';

let server: Awaited<ReturnType<typeof startScriptedServer>>;
beforeAll(async () => {
	server = await startScriptedServer();
});
afterAll(() => server.stop());

const undici = { WebSocket: UndiciWebSocket };

describe('an application cannot tell the patch from its absence', () => {
	test('ws', async () => {
		const ws = WsWebSocket as unknown as typeof WebSocket;
		const before = await behaviours(ws, server.url);
		const undo = listening(instrumentWs(WsWebSocket));
		expect(await behaviours(ws, server.url)).toEqual(before);
		undo();
		expect(await behaviours(ws, server.url)).toEqual(before);
	});

	test('undici', async () => {
		const holder = undici as unknown as { WebSocket: typeof WebSocket };
		const before = await behaviours(holder.WebSocket, server.url);
		const undo = listening(instrumentUndici(undici));
		expect(await behaviours(holder.WebSocket, server.url)).toEqual(before);
		undo();
		expect(await behaviours(holder.WebSocket, server.url)).toEqual(before);
	});
});
function listening(undo: () => void): () => void {
	const unsubscribe = hub.subscribe(() => {});
	return () => {
		unsubscribe();
		undo();
	};
}
