import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { bundleFromSource } from '../../../../examples/run-from-source.js';

it('a relay goes on where nobody reads its log any more', async () => {
	const file = await bundleFromSource(new URL('../cli.ts', import.meta.url));
	const child = spawn(process.execPath, [file, 'relay', '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
	onTestFinished(() => void child.kill('SIGKILL'));
	await once(child.stdout, 'data');
	child.stderr.destroy();
	await once(child.stderr, 'close');
	// It drains and says so.
	child.kill('SIGTERM');
	const [code] = await once(child, 'exit');
	expect(code).toBe(0);
});
