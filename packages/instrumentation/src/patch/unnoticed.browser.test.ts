import { afterEach, expect, inject, test } from 'vitest';
import { getConnectionInstrumentationStats, installInstrumentation } from '../index.js';

// Beside behaviours.browser.test.ts: what patchers that come later (zone.js, Sentry) and what counts closely would notice.
const url = inject('scriptedUrl');
const Native = globalThis.WebSocket;
const undos: (() => void)[] = [];
afterEach(() => {
	for (const undo of undos.splice(0).reverse()) undo();
});

const install = () => {
	const undo = installInstrumentation({ include: [url] });
	undos.push(undo);
	return undo;
};

/** Wraps a method of EventTarget.prototype until the end of the test. */
function wrap(name: 'addEventListener' | 'removeEventListener', before: (target: EventTarget, type: string) => void): void {
	const original = EventTarget.prototype[name];
	EventTarget.prototype[name] = function (this: EventTarget, ...args: Parameters<typeof original>) {
		before(this, args[0]);
		return original.apply(this, args);
	};
	undos.push(() => {
		EventTarget.prototype[name] = original;
	});
}

test('whoever patches EventTarget.prototype after us gets the listeners on sockets', () => {
	install();
	const seen: string[] = [];
	wrap('addEventListener', (target, type) => target instanceof Native && seen.push(type));
	const socket = new WebSocket(url);
	socket.addEventListener('message', () => {});
	expect(seen).toEqual(['message']);
	socket.close();
});

test('however often it is installed, a living socket has one set of listeners, and each message counts once', async () => {
	const socket = new Native(url);
	await new Promise((resolve) => socket.addEventListener('open', resolve));
	let listeners = 0;
	wrap('addEventListener', (target) => target === socket && listeners++);
	wrap('removeEventListener', (target) => target === socket && listeners--);
	for (let i = 0; i < 10; i++) {
		const uninstall = install();
		socket.send('x');
		uninstall();
	}
	install();
	expect(listeners).toBe(4);
	const answered = new Promise<void>((resolve) => {
		socket.onmessage = ({ data }) => data === 'last' && resolve();
	});
	socket.send('last');
	await answered;
	const { connections } = getConnectionInstrumentationStats();
	expect(connections.at(-1)).toMatchObject({ messagesSent: 1 });
	expect(connections.at(-1)?.messagesReceived).toBeLessThanOrEqual(11);
	socket.close();
});

test("the application's own setTimeout is not called when it opens a socket", () => {
	install();
	const original = globalThis.setTimeout;
	let calls = 0;
	globalThis.setTimeout = ((...args: Parameters<typeof original>) => {
		calls++;
		return original(...args);
	}) as typeof setTimeout;
	const socket = new WebSocket(url);
	globalThis.setTimeout = original;
	expect(calls).toBe(0);
	socket.close();
});
