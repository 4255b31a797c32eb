import { Connection } from '@linkscope/core';
import { createMemoryPair, pluginSuite } from '@linkscope/core/testing';
import { describe, expect, test, vi } from 'vitest';
import { CompressionPlugin } from './compression.js';
import { deflate } from './deflate.js';

// These move megabytes; on a busy machine that takes a while and proves nothing.
vi.setConfig({ testTimeout: 30_000 });

describe("compression with a page's own CompressionStream", () => {
	pluginSuite({ test, plugin: () => new CompressionPlugin() });

	test('a bomb ends the connection: 4409', async () => {
		const packed = await deflate(new Uint8Array(64 * 1024 * 1024));
		const [a, b] = createMemoryPair();
		const left = new Connection(a);
		const right = new Connection(b, { initiator: false, plugins: [new CompressionPlugin()] });
		await Promise.all([left.open(), right.open()]);
		const ended = new Promise((resolve) => right.onClose.once(resolve));
		const frame = new Uint8Array(3 + packed.byteLength);
		frame.set([0x10, 0x43, 0x62]);
		frame.set(packed, 3);
		left.send(frame);
		expect(await ended).toMatchObject({ code: 4409, error: { code: 'DECOMPRESSION_TOO_BIG' } });
	});
});
