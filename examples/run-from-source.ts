import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

// Below the repository, so that the external ws resolves.
const out = fileURLToPath(new URL('../.cache/examples/', import.meta.url));

export interface Ended {
	code: number | null;
	stdout: string;
	stderr: string;
	/** From the last line of output to the end of the process. */
	lingeredMs: number;
}

/** Runs a program as a process of its own, with the packages from their source, so that no build comes before the tests. */
export async function runFromSource(program: string): Promise<Ended> {
	return run(await bundleFromSource(new URL(program, import.meta.url)));
}

/** @returns the file that Node can run. */
export async function bundleFromSource(program: URL): Promise<string> {
	mkdirSync(out, { recursive: true });
	const source = fileURLToPath(program);
	const outfile = `${out}${parse(source).name}.mjs`;
	await build({
		entryPoints: [source],
		outfile,
		bundle: true,
		platform: 'node',
		format: 'esm',
		conditions: ['@linkscope/source'],
		external: ['ws'],
		banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
	});
	return outfile;
}

function run(file: string): Promise<Ended> {
	return new Promise((resolve) => {
		const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'pipe'] });
		const output = { stdout: '', stderr: '' };
		let lastOutputAt = performance.now();
		for (const stream of ['stdout', 'stderr'] as const) {
			child[stream].on('data', (data) => {
				output[stream] += data;
				lastOutputAt = performance.now();
			});
		}
		child.on('close', (code) => resolve({ code, ...output, lingeredMs: performance.now() - lastOutputAt }));
	});
}
