import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

// Exporting a key made by generateKeyPairSync stopped Node 20 for ever as soon as garbage was collected within: no server outlived some 5,000 connections.
test('thousands of keys are made while garbage is collected', async () => {
	const entry = `import { nodePrimitives } from './node.ts';
		for (let i = 0; i < 6000; i++) nodePrimitives.x25519.shared(nodePrimitives.x25519.generate().secretKey, nodePrimitives.x25519.generate().publicKey);
		console.log('made');`;
	const { outputFiles } = await build({
		stdin: { contents: entry, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' },
		bundle: true,
		platform: 'node',
		format: 'cjs',
		write: false,
	});
	// A young generation of 1 MiB is collected all the time.
	const made = execFileSync(process.execPath, ['--max-semi-space-size=1', '-'], { input: outputFiles[0]?.text, timeout: 60_000, encoding: 'utf8' });
	expect(made).toBe('made\n');
}, 70_000);
