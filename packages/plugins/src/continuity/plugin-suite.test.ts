import type { Plugin, PluginHost, Wire } from '@linkscope/core';
import { pluginSuite } from '@linkscope/core/testing';
import { describe, test, vi } from 'vitest';
import { CompressionPlugin } from '../compression.js';
import { FragmentationPlugin } from '../fragmentation.js';
import { StatisticsPlugin } from '../statistics.js';
import { TypedMessagesPlugin } from '../typed-messages.js';
import { ContinuitySession } from './continuity-session.js';
import { ContinuitySessions } from './continuity-sessions.js';
import { fakeChannels } from './fixtures/secured-pair.js';

vi.setConfig({ testTimeout: 30_000 });

const options = { maxBufferedBytes: 64 * 1024 * 1024 };
const sessions = new ContinuitySessions({ ...options, maxSessions: 1_000_000, maxSessionsPerPeer: 1_000_000 });
const [dialling, accepting] = fakeChannels();

/** The suite makes both ends alike, and knows of no channel: so this one looks which end it is, and stands on a channel of its own. */
function continuity(): Plugin {
	const [session, accepted] = [new ContinuitySession(options), sessions.plugin()];
	const dialled = session.plugin();
	let plugin: Plugin = dialled;
	return {
		name: 'continuity',
		attach(host: PluginHost) {
			plugin = host.initiator ? dialled : accepted;
			plugin.attach?.(host);
		},
		handshake(wire: Wire) {
			const secure = wire.initiator ? dialling : accepting;
			return plugin.handshake?.({
				initiator: wire.initiator,
				signal: wire.signal,
				send: (p) => wire.send(p),
				read: () => wire.read(),
				provideSecure: () => {},
				secure,
			}) as Promise<void>;
		},
		outgoing: (payload) => plugin.outgoing?.(payload) ?? null,
		incoming: (payload) => plugin.incoming?.(payload) ?? null,
		active: () => plugin.active?.(),
		drained: () => plugin.drained?.(),
		heldBytes: () => plugin.heldBytes?.() ?? 0,
		closing: () => plugin.closing?.(),
		closed: (info) => plugin.closed?.(info),
	};
}

/** Opens a session and says that it is ACTIVE; everything after that is the attacker's. */
const greeting: Plugin['handshake'] = async (wire) => {
	wire.send(JSON.stringify({ type: 'continuity_open', session: randomId(), generation: 1 }));
	await wire.read();
	wire.send('\u0010Sa0');
};

describe('continuity', () => {
	pluginSuite({
		test,
		plugin: continuity,
		hostile: () => [{ name: 'hostile', handshake: greeting }],
		beside: [() => new StatisticsPlugin(), () => new TypedMessagesPlugin()],
	});
});

describe('continuity over what changes messages', () => {
	for (const below of [() => new CompressionPlugin(), () => new FragmentationPlugin({ maxFragmentBytes: 16 * 1024 })]) {
		const { name } = below();
		describe(name, () => {
			pluginSuite({ test: only(/above/), plugin: below, beside: [continuity] });
		});
	}
});

function randomId(): string {
	return Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64url');
}

/** The cases whose names match. */
function only(pattern: RegExp): typeof test {
	return ((name: string, run: () => Promise<void>) => pattern.test(name) && test(name, run)) as typeof test;
}
