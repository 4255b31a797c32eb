import type { Connection } from '@linkscope/core';
import { pluginSuite } from '@linkscope/core/testing';
import { test, vi } from 'vitest';
import { CompressionPlugin } from '../compression.js';
import { FragmentationPlugin } from '../fragmentation.js';
import { PingPongPlugin } from '../ping-pong.js';
import { TypedMessagesPlugin } from '../typed-messages.js';
import { sampleObject } from './fixtures/sync-pair.js';
import { objectId } from './object-store.js';
import { SyncPlugin } from './sync-plugin.js';

vi.setConfig({ testTimeout: 30_000 });

async function exercise(left: Connection, right: Connection): Promise<void> {
	const [near, far] = [left.plugin<SyncPlugin>('sync'), right.plugin<SyncPlugin>('sync')];
	for (let i = 0; i < 70; i++) await far.store.put(sampleObject(i, i * 10));
	await far.store.put(sampleObject(99, 100_000));
	await near.store.put(sampleObject(100, 100));
	await Promise.all([near.sync(), far.sync()]);
	await near.fetch([objectId(sampleObject(101, 5))]);
	far.onOffer('thing', async () => 'done');
	await near.offer(objectId(sampleObject(0, 0)), 'thing');
	// Nobody handles it: unanswered when the connection ends.
	near.offer(objectId(sampleObject(0, 0)), 'other').catch(() => {});
}

pluginSuite({
	test,
	plugin: () => new SyncPlugin(),
	beside: [
		() => new FragmentationPlugin({ maxFragmentBytes: 16 * 1024 }),
		() => new CompressionPlugin(),
		() => new TypedMessagesPlugin(),
		() => new PingPongPlugin(),
	],
	exercise,
});
