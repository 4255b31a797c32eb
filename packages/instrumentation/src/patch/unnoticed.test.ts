import { EventEmitter, once } from 'node:events';
import * as undici from 'undici';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import { getConnectionInstrumentationStats, installInstrumentation } from '../index.js';
import { startPairs } from './fixtures/ws-pairs.js';
import { instrumentUndici, instrumentWs } from './index.js';

// Beside behaviours.test.ts: what patchers that come later and what counts or reads closely would notice.
const undos: (() => unknown)[] = [];
let pairs: Awaited<ReturnType<typeof startPairs>>;

beforeEach(async () => {
	pairs = await startPairs();
	undos.push(pairs.stop);
});
afterEach(async () => {
	for (const undo of undos.splice(0).reverse()) await undo();
});

function install(): void {
	undos.push(installInstrumentation(), instrumentWs(WebSocket), instrumentUndici(undici));
}

test('ws: whoever patches EventEmitter.prototype after us sees the events', async () => {
	install();
	const { emit } = EventEmitter.prototype;
	const seen: unknown[] = [];
	EventEmitter.prototype.emit = function (this: EventEmitter, ...args: Parameters<typeof emit>) {
		if (this instanceof WebSocket) seen.push(args[0]);
		return emit.apply(this, args);
	};
	undos.push(() => {
		EventEmitter.prototype.emit = emit;
	});
	await pairs.connect();
	expect(seen).toContain('open');
});

test.each(['addEventListener', 'dispatchEvent'] as const)('undici: whoever patches EventTarget.prototype.%s after us sees the calls', async (name) => {
	install();
	const original = EventTarget.prototype[name] as (...args: unknown[]) => never;
	const seen: unknown[] = [];
	EventTarget.prototype[name] = function (this: EventTarget, ...args: unknown[]) {
		if (this instanceof undici.WebSocket) seen.push((args[0] as Event).type ?? args[0]);
		return Reflect.apply(original, this, args);
	};
	undos.push(() => {
		EventTarget.prototype[name] = original;
	});
	const socket = new undici.WebSocket(pairs.url);
	await new Promise((resolve) => socket.addEventListener('open', resolve));
	expect(seen).toContain('open');
	socket.close();
});

test("no timer of ours goes through the application's when it opens a socket", () => {
	install();
	vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'setImmediate'] });
	undos.push(() => vi.useRealTimers());
	const client = new WebSocket(pairs.url);
	client.on('error', () => {});
	expect(vi.getTimerCount()).toBe(0);
	vi.useRealTimers();
	client.terminate();
});

test('the methods of ws print their source', () => {
	const names = ['send', 'close', 'ping', 'terminate', 'emit'] as const;
	const texts = () => names.map((name) => String(WebSocket.prototype[name]));
	const before = texts();
	install();
	expect(texts()).toEqual(before);
});

test('a socket that one install excluded is seen by the next, which does not', async () => {
	const uninstall = installInstrumentation({ exclude: [pairs.url] });
	const unpatch = instrumentWs(WebSocket);
	const { client, peer } = await pairs.connect();
	unpatch();
	uninstall();
	install();
	client.send('x');
	await once(peer, 'message');
	expect(getConnectionInstrumentationStats().connections).toContainEqual(expect.objectContaining({ messagesSent: 1 }));
});
