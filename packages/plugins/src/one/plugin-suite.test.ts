import type { Plugin, Wire } from '@linkscope/core';
import { pluginSuite } from '@linkscope/core/testing';
import { boxKeyPair, padMessage } from '@linkscope/crypto/nacl';
import { describe, test, vi } from 'vitest';
import { OneFragmentationPlugin } from './fragmentation.js';
import { OneKeepalivePlugin } from './keepalive.js';
import { initiate } from './key-exchange.js';
import { OneSessionPlugin } from './session.js';

// These move megabytes through tweetnacl; on a busy machine that takes a while and proves nothing.
vi.setConfig({ testTimeout: 60_000 });

// Both ends are made by one function here, so they share their keys too.
const keys = boxKeyPair();

/** Shakes hands as it should, and then sends whatever it is given as it is. */
class RudePeer implements Plugin {
	readonly name = 'rude-peer';

	async handshake(wire: Wire): Promise<void> {
		const { channel } = await initiate(wire, keys, keys.publicKey);
		wire.send(channel.seal(padMessage('keepalive')));
		await wire.read();
	}
}

const session = () => new OneSessionPlugin({ keys, peer: keys.publicKey });
const fragmentation = () => new OneFragmentationPlugin();
const keepalive = () => new OneKeepalivePlugin();

describe('one-fragmentation', () => pluginSuite({ test, plugin: fragmentation, beside: [keepalive, session] }));
describe('one-keepalive', () => pluginSuite({ test, plugin: keepalive, beside: [session] }));
describe('one-session', () => {
	pluginSuite({ test, plugin: session, hostile: () => [new RudePeer()] });
});
