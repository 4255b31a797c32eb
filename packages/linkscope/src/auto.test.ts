import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { beforeAll, expect, it, vi } from 'vitest';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const folder = here('../../../.cache/auto/');

// Plain Node reads no TypeScript; the application and every copy of ws stay modules of their own.
beforeAll(async () => {
	await mkdir(folder, { recursive: true });
	await build({
		entryPoints: [here('auto.ts'), here('index.ts')],
		outdir: folder,
		outExtension: { '.js': '.mjs' },
		bundle: true,
		splitting: true,
		platform: 'node',
		format: 'esm',
		conditions: ['@linkscope/source'],
		external: ['ws'],
		banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
	});
});

// A build and three processes.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const APP = `import { useSocketIo } from ${JSON.stringify(new URL('fixtures/socket-io-app.mjs', import.meta.url).href)};`;

/** Runs a program as a process of its own; @returns what it prints, as JSON. */
async function run(name: string, ...lines: string[]) {
	const file = `${folder}${name}.mjs`;
	await writeFile(file, lines.join('\n'));
	return JSON.parse((await promisify(execFile)(process.execPath, [file], { timeout: 20_000 })).stdout);
}

const PRINT = 'console.log(JSON.stringify(getConnectionInstrumentationStats().connections));';

it.each([
	['before', ["import './auto.mjs';", APP]],
	['after', [APP, "import './auto.mjs';"]],
])("one import %s socket.io's shows both its ends, though it brings its own ws", async (when, imports) => {
	const connections = await run(`${when}-socket-io`, ...imports, 'await useSocketIo();', PRINT);
	expect(connections).toHaveLength(2);
	const client = connections.find(({ url }) => url.includes('/socket.io/'));
	const server = connections.find((connection) => connection !== client);
	expect(client.messagesSent).toBeGreaterThan(4);
	expect([server.messagesReceived, server.messagesSent]).toEqual([client.messagesSent, client.messagesReceived]);
	expect([server.bytesReceived, server.bytesSent]).toEqual([client.bytesSent, client.bytesReceived]);
});

it('installInstrumentation() sees as much, and its undo takes everything back', async () => {
	const seen = await run(
		'install',
		"import Module from 'node:module';",
		"import { getConnectionInstrumentationStats, installInstrumentation } from './index.mjs';",
		'const { require: before } = Module.prototype;',
		'const uninstalls = [installInstrumentation(), installInstrumentation()];',
		APP.replace(/import (.*) from (.*);/, 'const $1 = await import($2);'),
		'await useSocketIo();',
		'const { connections } = getConnectionInstrumentationStats();',
		'uninstalls[0]();',
		'uninstalls[0]();',
		'const hooked = Module.prototype.require !== before;',
		'uninstalls[1]();',
		'await useSocketIo();',
		'const restored = Module.prototype.require === before;',
		'const later = getConnectionInstrumentationStats().connections;',
		'console.log(JSON.stringify([connections.length, later.length, hooked, restored]));',
	);
	expect(seen).toEqual([2, 2, true, true]);
});
