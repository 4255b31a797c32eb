import { hub } from '@linkscope/core';
import { afterEach, expect, test } from 'vitest';
import { getConnectionInstrumentationStats, installInstrumentation } from './install.js';
import { watchNavigation } from './navigation.js';

const realPush = history.pushState;
let undo = () => {};
afterEach(() => {
	undo();
	history.replaceState(null, '', '/');
});

function watch(): string[] {
	const paths: string[] = [];
	undo = watchNavigation((path) => paths.push(path));
	return paths;
}

test('tells the path at the start and each new one, without query and fragment', () => {
	const paths = watch();
	history.pushState(null, '', '/register/email?token=SECRET#SECRET');
	history.replaceState(null, '', '/register/email?token=OTHER');
	history.pushState(null, '', '/register/code');
	expect(paths).toEqual(['/', '/register/email', '/register/code']);
});

test('the path of a hash router is in the hash', () => {
	const paths = watch();
	history.pushState(null, '', '/app#/inbox?token=SECRET');
	history.pushState(null, '', '/app#access_token=SECRET');
	expect(paths).toEqual(['/', '#/inbox', '/app']);
});

test('pushState keeps its name, its length, its errors and its this', () => {
	watch();
	expect(history.pushState).not.toBe(realPush);
	expect(history.pushState.name).toBe('pushState');
	expect(history.pushState.length).toBe(realPush.length);
	expect(() => history.pushState.call({} as History, null, '', '/x')).toThrow();
	expect(Object.keys(history)).not.toContain('pushState');
});

test('undo gives pushState back', () => {
	const own = Object.getOwnPropertyDescriptor(history, 'pushState');
	watch();
	undo();
	expect(history.pushState).toBe(realPush);
	expect(Object.getOwnPropertyDescriptor(history, 'pushState')).toEqual(own);
});

test('undo leaves the patch of someone who came later, and only goes quiet', () => {
	const paths = watch();
	const ours = history.pushState;
	const theirs: typeof ours = function (this: History, ...args) {
		return ours.apply(this, args);
	};
	history.pushState = theirs;
	undo();
	expect(history.pushState).toBe(theirs);
	history.pushState(null, '', '/later');
	expect(location.pathname).toBe('/later');
	expect(paths).toEqual(['/']);
	history.pushState = realPush;
});

test('traffic is counted per step of the navigation', () => {
	const lines: string[] = [];
	undo = installInstrumentation({ log: { sink: (line) => lines.push(line) }, label: 'RENDERER 1' });
	const id = hub.nextId();
	const at = performance.now();
	hub.emit({ type: 'created', id, at, epoch: Date.now(), role: 'initiator', transport: 'websocket', remote: 'wss://host' });
	history.pushState(null, '', '/register/email');
	for (const type of ['sent', 'sent', 'received'] as const) hub.emit({ type, id, at, bytes: 10, wireBytes: 10, bufferedBytes: 0 });
	history.pushState(null, '', '/register/code');
	const { navigation, recentEvents } = getConnectionInstrumentationStats();
	expect(navigation).toMatchObject([
		{ path: '/', connectionsOpened: 1, messagesSent: 0, messagesReceived: 0, bytes: 0 },
		{ path: '/register/email', connectionsOpened: 0, messagesSent: 2, messagesReceived: 1, bytes: 30 },
		{ path: '/register/code', connectionsOpened: 0, messagesSent: 0, messagesReceived: 0, bytes: 0 },
	]);
	expect(lines).toContain('[RENDERER 1] 🔄 Navigation to: /register/email');
	expect(recentEvents[0]).toMatchObject({ category: 'navigation', connectionId: null, detail: '/register/code' });
});
