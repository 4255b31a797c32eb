import { hub } from '@linkscope/core';
import { expect, inject, test } from 'vitest';
import { behaviours } from './fixtures/behaviours.js';
import { patchWebSocket } from './index.js';

test('a page cannot tell the patch from its absence', async () => {
	const run = () => behaviours(globalThis.WebSocket, inject('scriptedUrl'));
	const before = await run();
	const unsubscribe = hub.subscribe(() => {});
	const undo = patchWebSocket();
	expect(await run()).toEqual(before);
	undo();
	unsubscribe();
	expect(await run()).toEqual(before);
});

test('what was native code still says so', () => {
	const sources = () =>
		['send', 'close', 'addEventListener']
			.map((name) => isNative((WebSocket.prototype as unknown as Record<string, unknown>)[name]))
			.concat(isNative(WebSocket));
	const undo = patchWebSocket();
	expect(sources()).toEqual([true, true, true, true]);
	undo();
});

const isNative = (fn: unknown): boolean => Function.prototype.toString.call(fn).includes('[native code]');
