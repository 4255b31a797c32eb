import type { Plugin, PluginHost, Wire } from '@linkscope/core';
import { pluginSuite } from '@linkscope/core/testing';
import { describe, test, vi } from 'vitest';
import { CompressionPlugin, FragmentationPlugin, PingPongPlugin, StatisticsPlugin, TypedMessagesPlugin } from '../index.js';
import { AuthenticationPlugin } from './authentication.js';
import { EncryptionPlugin } from './encryption.js';
import { alice } from './fixtures/pair.js';

// These move megabytes; on a busy machine that takes a while and proves nothing.
vi.setConfig({ testTimeout: 60_000 });

const authentication = (): Plugin => new AuthenticationPlugin({ identity: alice });
const encryption = (): Plugin => new EncryptionPlugin();
const others = [
	() => new StatisticsPlugin(),
	() => new PingPongPlugin(),
	() => new FragmentationPlugin({ maxFragmentBytes: 16 * 1024 }),
	() => new CompressionPlugin(),
	() => new TypedMessagesPlugin(),
];

/** Shakes hands as the plugin does, and lets every frame through as it is. */
function handshakeOnly(plugin: Plugin): Plugin {
	return {
		name: plugin.name,
		phase: plugin.phase as NonNullable<Plugin['phase']>,
		attach: (host: PluginHost) => plugin.attach?.(host),
		handshake: async (wire: Wire) => plugin.handshake?.(wire),
	};
}

describe('authentication', () => {
	pluginSuite({ test, plugin: authentication, beside: others, hostile: () => [handshakeOnly(authentication())] });
});

describe('encryption alone', () => {
	pluginSuite({ test, plugin: encryption, beside: others, hostile: () => [handshakeOnly(encryption())] });
});
