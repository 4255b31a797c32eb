import type { Connection } from '@linkscope/core';
import { pluginSuite } from '@linkscope/core/testing';
import { describe, test, vi } from 'vitest';
import { CompressionPlugin, FragmentationPlugin, NetworkPlugin, PingPongPlugin, StatisticsPlugin, TypedMessagesPlugin } from './index.js';

// These move megabytes; on a busy machine that takes a while and proves nothing.
vi.setConfig({ testTimeout: 30_000 });

async function ask(left: Connection, right: Connection): Promise<void> {
	const [asking, answering] = [left, right].map((end) => end.plugin<TypedMessagesPlugin>('typed-messages'));
	answering?.onRequest('add', ({ a, b }) => Number(a) + Number(b));
	await asking?.request({ type: 'add', a: 1, b: 2 });
	await asking?.request({ type: 'unknown' }).catch(() => {});
}

const all = [
	() => new StatisticsPlugin(),
	() => new NetworkPlugin(),
	() => new PingPongPlugin(),
	() => new FragmentationPlugin({ maxFragmentBytes: 16 * 1024 }),
	() => new CompressionPlugin(),
	() => new TypedMessagesPlugin(),
];

for (const [index, plugin] of all.entries()) {
	const { name } = plugin();
	describe(name, () => {
		// A pair runs in both orders, so each pair is needed once.
		pluginSuite({ test, plugin, beside: all.slice(index + 1), exercise: name === 'typed-messages' ? ask : undefined });
	});
}

describe('a fragmentation into the smallest pieces', () => {
	pluginSuite({ test, plugin: () => new FragmentationPlugin({ maxFragmentBytes: 128 }) });
});

describe('a compression of everything', () => {
	pluginSuite({ test, plugin: () => new CompressionPlugin({ thresholdBytes: 0 }) });
});
