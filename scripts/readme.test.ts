import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { runFromSource } from '../examples/run-from-source.js';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const snippets = [...read('README.md').matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code as string);

// Beside the examples, where linkscope and ws resolve as they do for a user.
const folder = fileURLToPath(new URL('../examples/.readme/', import.meta.url));

async function run(name: string, code: string) {
	mkdirSync(folder, { recursive: true });
	writeFileSync(`${folder}${name}.mjs`, code);
	return runFromSource(`.readme/${name}.mjs`);
}

const runSnippet = (index: number) => run(`snippet-${index}`, snippets[index] as string);

describe('the snippets of the README', () => {
	test('see an application that knows nothing of linkscope', async () => {
		const { code, stdout, stderr } = await runSnippet(0);
		expect(stderr).toBe('');
		// Both ends of one socket are in this process: each message is sent by one and received by the other.
		expect(stdout).toMatch(/^4 messages\n/);
		expect(stdout).toContain('CONNECTION REPORT');
		expect(code).toBe(0);
	});

	test('connect', async () => {
		const { code, stdout, stderr } = await runSnippet(1);
		expect(stderr).toBe('');
		expect(stdout).toBe('Received Hello, world!\n');
		expect(code).toBe(0);
	});

	test('secure', async () => {
		const { code, stdout, stderr } = await runSnippet(2);
		expect(stderr).toBe('');
		expect(stdout).toBe('only alice reads this\n');
		expect(code).toBe(0);
	});

	test('through a relay', async () => {
		const { code, stdout, stderr } = await runSnippet(3);
		expect(stderr).toBe('');
		expect(stdout).toBe('alice has read: hello behind your firewall\n');
		expect(code).toBe(0);
	});

	test('are all run', () => {
		expect(snippets).toHaveLength(4);
	});
});

describe.each(['security', 'peers-and-files', 'resilience'])('the programs of docs/%s.md', (name) => {
	const guide = read(`docs/${name}.md`);
	// Each is followed by what it prints.
	const programs = [...guide.matchAll(/^## ([^\n]*)\n(?:(?!^## ).)*?^```js\n(.*?)^```\n\nprints\n\n```\n(.*?)^```$/gms)];

	test.each(programs.map(([, title, program, printed]) => ({ title, program, printed })))('$title', async ({ title, program, printed }) => {
		const { code, stdout, stderr } = await run(`${name} ${title}`, program as string);
		expect(stderr).toBe('');
		expect(stdout).toBe(printed);
		expect(code).toBe(0);
	});

	test('are all run', () => {
		expect(programs).toHaveLength(guide.match(/^```js$/gm)?.length as number);
	});
});
