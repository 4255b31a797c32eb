import { expect, test } from 'vitest';
import { log } from './live-log.js';
import { settingsFrom } from './options.js';
import { EPOCH, Recording } from './recording.fixture.js';
import { Registry } from './registry.js';
import { watch } from './watchers.js';

function linesOf(recording: Recording, options: Parameters<typeof settingsFrom>[0] = {}, level?: 'error' | 'info' | 'debug'): string[] {
	const lines: string[] = [];
	const all = { log: { sink: (line: string) => lines.push(line), level }, ...options };
	const registry = new Registry(settingsFrom(all), 0, EPOCH);
	watch(registry.timeline, (event) => log(event, all));
	for (const event of recording.events) registry.fold(event);
	return lines;
}

const life = () =>
	new Recording('c1', { remote: 'wss://me:pw@comm10.example/?t=1' })
		.open()
		.messages(2, 800)
		.close(1000, 'Close called: New connection replaced old one', { initiatedBy: 'remote' });

test('the lines are those of the seed', () => {
	expect(linesOf(new Recording('c1').open().messages(2, 800).close(1000, 'Close called.'), { label: 'RENDERER 1' })).toEqual([
		'[RENDERER 1] 🌐 WebSocket created: wss://host',
		'[RENDERER 1] ✅ WebSocket connected: wss://host',
		'[RENDERER 1] 📤 WebSocket message sent: 800 bytes',
		'[RENDERER 1] 📨 WebSocket message received: 800 bytes',
		'[RENDERER 1] ❌ WebSocket closed: wss://host 1000 Close called.',
	]);
});

test('without a label there is no prefix, and URLs are redacted', () => {
	const lines = linesOf(life());
	expect(lines[0]).toBe('🌐 WebSocket created: wss://comm10.example/?t=…');
	expect(lines.at(-1)).toBe('❌ WebSocket closed: wss://comm10.example/?t=… 1000 Close called: New connection replaced old one');
});

test('a level leaves out what is below it', () => {
	expect(linesOf(life(), {}, 'info')).toHaveLength(3);
	expect(linesOf(life(), {}, 'error')).toEqual([]);
	const failed = new Recording('c1').open().close(1006, '', { state: 'FAILED', wasClean: false, initiatedBy: 'network' });
	expect(linesOf(failed, {}, 'error')).toEqual(['⚠️ WebSocket error: wss://host connection-lost: closed with 1006', '❌ WebSocket closed: wss://host 1006']);
});

test('ids tell the lines of parallel connections apart', () => {
	const lines: string[] = [];
	const all = { log: { sink: (line: string) => lines.push(line), ids: true } };
	const registry = new Registry(settingsFrom(all), 0, EPOCH);
	watch(registry.timeline, (event) => log(event, all));
	for (const id of ['c1', 'c2']) for (const event of new Recording(id).open().messages(1, 80).events) registry.fold(event);
	registry.timeline.add('navigation', undefined, 'navigated', '/register/email', 0);
	expect(lines.slice(0, 4)).toEqual([
		'🌐 WebSocket created: wss://host (c1)',
		'✅ WebSocket connected: wss://host (c1)',
		'📤 WebSocket message sent: 80 bytes (c1)',
		'🌐 WebSocket created: wss://host (c2)',
	]);
	expect(lines.at(-1)).toBe('🔄 Navigation to: /register/email');
});

test('payload mode none tells of messages without their size', () => {
	expect(linesOf(life(), { payloads: 'none' })[2]).toBe('📤 WebSocket message sent');
});

test('one event is one line whatever the peer writes', () => {
	const hostile = new Recording('c1', { remote: 'wss://host/\r\n[FAKE] line', transport: '\u001b[2Jx' })
		.open()
		.push({ type: 'error', kind: 'plugin', code: null, message: 'a\n❌ forged \u202e<img src=x>' })
		.close(1000, 'bye\r\n✅ WebSocket connected: wss://evil\u001b[31m');
	for (const line of linesOf(hostile)) {
		expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
	}
	expect(linesOf(hostile).at(-1)).toContain('bye\\u{d}\\u{a}✅ WebSocket connected');
});
