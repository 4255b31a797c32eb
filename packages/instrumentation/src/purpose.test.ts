import { expect, test } from 'vitest';
import { purposeOf } from './purpose.js';

const open = { ended: false, lifeMs: 100_000, transport: 'websocket', wireBytes: 0, frames: 0 };

test('the connections of the seed are told apart', () => {
	// Connection #1: 8 messages, 971 bytes; #2: 69 messages, 81 kB.
	expect(purposeOf({ ...open, messagesSent: 4, messagesReceived: 4, bytes: 971 })).toBe('control');
	expect(purposeOf({ ...open, messagesSent: 30, messagesReceived: 39, bytes: 81_000 })).toBe('data');
	expect(purposeOf({ ...open, messagesSent: 1, messagesReceived: 1, bytes: 300, lifeMs: 400, ended: true })).toBe('discovery');
});

test('a heartbeat every 30 s stays control however long it beats', () => {
	const dayMs = 86_400_000;
	expect(purposeOf({ ...open, ended: false, lifeMs: dayMs, messagesSent: 2880, messagesReceived: 2880, bytes: 230_400 })).toBe('control');
});

test('many small messages in a short time are data', () => {
	expect(purposeOf({ ...open, ended: false, lifeMs: 5000, messagesSent: 100, messagesReceived: 100, bytes: 4000 })).toBe('data');
});

test('too little traffic tells nothing', () => {
	expect(purposeOf({ ...open, messagesSent: 0, messagesReceived: 0, bytes: 0 })).toBe('unknown');
	expect(purposeOf({ ...open, ended: false, lifeMs: 1000, messagesSent: 1, messagesReceived: 1, bytes: 300 })).toBe('unknown');
	expect(purposeOf({ ...open, ended: true, lifeMs: 1000, messagesSent: 1, messagesReceived: 0, bytes: 300 })).toBe('unknown');
});

test('a short talk with a peer over a relay is no discovery: it took a search to get there', () => {
	expect(purposeOf({ ...open, messagesSent: 3, messagesReceived: 4, bytes: 90, lifeMs: 4000, ended: true, transport: 'relay' })).toBe('unknown');
});

test('much that plugins said themselves is data, without a message and in however short a time', () => {
	const synced = { ...open, ended: true, lifeMs: 3000, wireBytes: 50_100_000, frames: 800 };
	expect(purposeOf({ ...synced, messagesSent: 0, messagesReceived: 0, bytes: 0 })).toBe('data');
	expect(purposeOf({ ...synced, messagesSent: 1, messagesReceived: 1, bytes: 300 })).toBe('data');
});

test('pings are no data, however many, and neither is what encryption adds to small messages', () => {
	const pinged = { ...open, lifeMs: 86_400_000, wireBytes: 400_000, frames: 5760 };
	expect(purposeOf({ ...pinged, messagesSent: 0, messagesReceived: 0, bytes: 0 })).toBe('unknown');
	expect(purposeOf({ ...pinged, messagesSent: 3000, messagesReceived: 2700, bytes: 200_000 })).toBe('control');
});
