import { networkInterfaces } from 'node:os';
import { afterEach, expect, test, vi } from 'vitest';
import { addressesFor } from './own-addresses.js';

vi.mock('node:os');
const address = (text: string, internal = false) => ({ address: text, family: text.includes(':') ? 'IPv6' : 'IPv4', internal });
vi.mocked(networkInterfaces).mockImplementation(
	() =>
		({
			lo: [address('127.0.0.1', true), address('::1', true)],
			eth0: [address('192.0.2.7'), address('2001:db8::7'), address('fe80::7')],
		}) as never,
);
afterEach(() => vi.clearAllMocks());

const RELAY = 'wss://relay.example/';

test('a port on one address is told as it is', () => {
	expect(addressesFor(RELAY, { url: 'ws://192.0.2.7:4000/', host: '192.0.2.7' })).toEqual(['ws://192.0.2.7:4000/']);
	expect(addressesFor(RELAY, { url: 'wss://chat.example:4000/link', host: 'chat.example' })).toEqual(['wss://chat.example:4000/link']);
});

test('a port on every address is told with each that others can dial', () => {
	expect(addressesFor(RELAY, { url: 'ws://localhost:4000/a', host: '0.0.0.0' })).toEqual(['ws://192.0.2.7:4000/a']);
	expect(addressesFor(RELAY, { url: 'ws://localhost:4000/', host: '::' })).toEqual(['ws://192.0.2.7:4000/', 'ws://[2001:db8::7]:4000/']);
});

test.each(['ws://127.0.0.1:4100/', 'ws://localhost/', 'ws://[::1]:4100/'])('addresses of this machine alone are told to a relay on it: %s', (relay) => {
	expect(addressesFor(relay, { url: 'ws://127.0.0.1:4000/', host: '127.0.0.1' })).toEqual(['ws://127.0.0.1:4000/']);
	expect(addressesFor(relay, { url: 'ws://localhost:4000/', host: '0.0.0.0' })).toEqual(['ws://192.0.2.7:4000/', 'ws://127.0.0.1:4000/']);
	expect(addressesFor(RELAY, { url: 'ws://127.0.0.1:4000/', host: '127.0.0.1' })).toEqual([]);
});

test('no more are told than a relay takes', () => {
	vi.mocked(networkInterfaces).mockReturnValueOnce({ eth0: Array.from({ length: 20 }, (_, i) => address(`192.0.2.${i}`)) } as never);
	expect(addressesFor(RELAY, { url: 'ws://localhost:4000/', host: '0.0.0.0' })).toHaveLength(8);
});
