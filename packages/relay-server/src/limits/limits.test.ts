import type { IncomingMessage } from 'node:http';
import { FakeClock } from '@linkscope/core/testing';
import { describe, expect, test } from 'vitest';
import { printable } from '../log.js';
import { ownOrigins } from '../origins.js';
import { Buckets } from './buckets.js';
import { addressGroup, clientAddress } from './client-address.js';
import { Tally } from './tally.js';

describe('a bucket', () => {
	test('gives its burst at once, and then as many as time brings', () => {
		const clock = new FakeClock();
		const buckets = new Buckets(clock, 2, 3);
		expect([1, 2, 3, 4].map(() => buckets.take('a'))).toEqual([true, true, true, false]);
		clock.advance(499);
		expect(buckets.take('a')).toBe(false);
		clock.advance(1);
		expect([buckets.take('a'), buckets.take('a')]).toEqual([true, false]);
		clock.advance(60_000);
		expect([1, 2, 3, 4].map(() => buckets.take('a'))).toEqual([true, true, true, false]);
	});

	test('asked whether it has one gives none', () => {
		const buckets = new Buckets(new FakeClock(), 1, 1);
		expect([buckets.has('a'), buckets.has('a'), buckets.size]).toEqual([true, true, 0]);
		expect([buckets.take('a'), buckets.has('a')]).toEqual([true, false]);
	});

	test('is forgotten when it is full again, and not before', () => {
		const clock = new FakeClock();
		const buckets = new Buckets(clock, 1, 10);
		for (let i = 0; i < 10; i++) buckets.take('slow');
		clock.advance(9_000);
		for (let i = 0; i < 5; i++) buckets.take('quick');
		clock.advance(1_000);
		expect(buckets.size).toBe(1);
		clock.advance(20_000);
		expect([buckets.size, clock.pending]).toEqual([0, 0]);
	});
});

test('a tally is exact, bounded, and forgets who is at zero', () => {
	const tally = new Tally(2);
	expect([tally.add('a'), tally.add('a'), tally.add('a'), tally.add('b')]).toEqual([true, true, false, true]);
	expect([tally.total, tally.size]).toEqual([3, 2]);
	tally.remove('b');
	tally.remove('b');
	expect([tally.total, tally.size]).toEqual([2, 1]);
});

describe('the address of a client', () => {
	const request = (remoteAddress: string | undefined, forwarded?: string | string[]): IncomingMessage =>
		({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage;

	test.each([
		['10.0.0.1', '192.0.2.1', 0, '10.0.0.1'],
		['10.0.0.1', '192.0.2.1', 1, '192.0.2.1'],
		['10.0.0.1', 'evil, 192.0.2.1', 1, '192.0.2.1'],
		['10.0.0.1', '192.0.2.1, 10.0.0.2', 2, '192.0.2.1'],
		['10.0.0.1', '192.0.2.1', 3, '192.0.2.1'],
		['10.0.0.1', 'not an address', 1, '10.0.0.1'],
		['10.0.0.1', undefined, 1, '10.0.0.1'],
		['10.0.0.1', '192.0.2.1:5678', 1, '192.0.2.1'],
		['10.0.0.1', '[2001:db8::1]:5678', 1, '2001:db8::1'],
		['10.0.0.1', ['192.0.2.9', '192.0.2.1'], 1, '192.0.2.1'],
	])('from %s, forwarded for %j, with %i proxies trusted is %s', (remote, forwarded, trusted, expected) => {
		expect(clientAddress(request(remote, forwarded), trusted)).toBe(expected);
	});

	test.each([
		['192.0.2.1', '192.0.2.1'],
		['::ffff:192.0.2.1', '192.0.2.1'],
		['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
		['2001:DB8:0001:2::6', '2001:db8:1:2::/64'],
		['2001:db8::1', '2001:db8:0:0::/64'],
		['::1', '0:0:0:0::/64'],
		['fe80::1%eth0', 'fe80:0:0:0::/64'],
		['unknown', 'unknown'],
	])('%s counts as %s', (address, expected) => {
		expect(addressGroup(address)).toBe(expected);
	});
});

describe('the origins of a relay', () => {
	test('are what it was told, and nothing else', () => {
		const origins = ownOrigins(['wss://Relay.example/path', 'ws://127.0.0.1:8080'], { host: '0.0.0.0', port: 4190, isTls: false });
		expect([...origins]).toEqual(['wss://relay.example:443', 'ws://127.0.0.1:8080']);
	});

	test('by default are this machine by every name', () => {
		expect([...ownOrigins(undefined, { host: '192.0.2.1', port: 1, isTls: true })]).toEqual([
			'wss://localhost:1',
			'wss://127.0.0.1:1',
			'wss://[::1]:1',
			'wss://192.0.2.1:1',
		]);
		const everywhere = ownOrigins(undefined, { host: '::', port: 1, isTls: false });
		expect(everywhere.has('ws://127.0.0.1:1')).toBe(true);
		expect([...everywhere].every((origin) => origin.startsWith('ws://'))).toBe(true);
	});
});

test('text of a peer is cut, and nothing in it moves a cursor', () => {
	expect(printable('a\u0000\u200b\ud800')).toBe('a\\u{0}\\u{200b}\\u{d800}');
	expect(printable('x'.repeat(300))).toHaveLength(201);
});
