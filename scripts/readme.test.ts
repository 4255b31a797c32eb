import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { runFromSource } from '../examples/run-from-source.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const snippets = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code as string);

// Beside the examples, where linkscope and ws resolve as they do for a user.
const folder = fileURLToPath(new URL('../examples/.readme/', import.meta.url));

async function run(index: number) {
	mkdirSync(folder, { recursive: true });
	writeFileSync(`${folder}snippet-${index}.mjs`, snippets[index] as string);
	return runFromSource(`.readme/snippet-${index}.mjs`);
}

describe('the snippets of the README', () => {
	test('see an application that knows nothing of linkscope', async () => {
		const { code, stdout, stderr } = await run(0);
		expect(stderr).toBe('');
		// Both ends of one socket are in this process: each message is sent by one and received by the other.
		expect(stdout).toMatch(/^4 messages\n/);
		expect(stdout).toContain('CONNECTION REPORT');
		expect(code).toBe(0);
	});

	test('connect', async () => {
		const { code, stdout, stderr } = await run(1);
		expect(stderr).toBe('');
		expect(stdout).toBe('Received Hello, world!\n');
		expect(code).toBe(0);
	});

	test('secure', async () => {
		const { code, stdout, stderr } = await run(2);
		expect(stderr).toBe('');
		expect(stdout).toBe('only alice reads this\n');
		expect(code).toBe(0);
	});

	test('are all run', () => {
		expect(snippets).toHaveLength(3);
	});
});
