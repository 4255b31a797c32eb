import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '@linkscope/core';
import { check } from './check.js';
import { demo } from './demo.js';
import { DEMO_PEER, isRole } from './demo-messages.js';
import { runDemoPeer } from './demo-peer.js';
import { createOutput, type Output, type ProcessLike } from './output.js';
import { CHECK_USAGE, DEMO_USAGE, readArgs, USAGE, UsageError, usageNumber } from './usage.js';

const common = { help: { type: 'boolean', short: 'h' }, 'no-color': { type: 'boolean' } } as const;

/**
 * The `linkscope` command.
 * @param root folder of this package, for its version and the built page.
 * @param file that runs this command, for processes of its own.
 * @returns the exit code: 0 fine, 1 what was asked for failed, 2 the arguments make no sense.
 */
export async function runCli(args: readonly string[], process: ProcessLike, root: string, file = join(root, 'dist/cli.js')): Promise<number> {
	const output = createOutput(process, args.includes('--no-color'));
	try {
		const [command, ...rest] = args[0] === 'help' ? [...args.slice(1), '--help'] : args;
		if (command === 'demo') return await runDemo(rest, output, process, { page: join(root, 'dist/playground'), file });
		if (command === DEMO_PEER && isRole(rest[0])) return await runDemoPeer(rest[0]);
		if (command === 'check') return await runCheck(rest, output);
		// Loaded when it is asked for: the other commands need no relay.
		if (command === 'relay') return await (await import('./relay.js')).relay(rest, output, process, file);
		return runBare(command === undefined ? [] : [command, ...rest], output, root);
	} catch (error) {
		if (error instanceof UsageError) {
			output.error(`${error.message}\nTry: linkscope ${['demo', 'check', 'relay'].includes(args[0] ?? '') ? `${args[0]} ` : ''}--help`);
			return 2;
		}
		// What the system says no to, such as an address that is not this machine's, is no fault of ours: its message will do.
		if (codeOf(error) === null) throw error;
		output.error(`${(error as Error).message} [${codeOf(error)}]`);
		return 1;
	}
}

async function runDemo(args: string[], output: Output, process: ProcessLike, places: { page: string; file: string }): Promise<number> {
	const { values, positionals } = readArgs(args, { ...common, once: { type: 'boolean' }, port: { type: 'string' }, host: { type: 'string' } });
	if (values.help) return show(output, DEMO_USAGE);
	if (positionals.length > 0) throw new UsageError(`linkscope demo takes options alone, got ${JSON.stringify(positionals[0])}`);
	return demo(
		{ once: values.once ?? false, port: usageNumber('--port', values.port, 4180, [0, 65_535]), host: values.host ?? '127.0.0.1', ...places },
		output,
		process,
	);
}

async function runCheck(args: string[], output: Output): Promise<number> {
	const { values, positionals } = readArgs(args, { ...common, pings: { type: 'string' }, timeout: { type: 'string' } });
	if (values.help) return show(output, CHECK_USAGE);
	const [url, ...more] = positionals;
	if (url === undefined || more.length > 0) throw new UsageError(`linkscope check takes one URL, got ${positionals.length}`);
	const pings = usageNumber('--pings', values.pings, 5, [0, 1000]);
	const timeoutMs = usageNumber('--timeout', values.timeout, 10, [1, 3600]) * 1000;
	return check(url, { pings, timeoutMs }, output);
}

function runBare(args: readonly string[], output: Output, root: string): number {
	const { values, positionals } = readArgs(args, { ...common, version: { type: 'boolean', short: 'v' } });
	if (positionals[0] !== undefined) throw new UsageError(`there is no command ${JSON.stringify(positionals[0])}: linkscope knows demo, check and relay`);
	if (values.version) return show(output, version(root));
	if (values.help) return show(output, USAGE);
	throw new UsageError('linkscope needs a command: demo, check or relay');
}

function show(output: Output, text: string): number {
	output.line(text);
	return 0;
}

function version(root: string): string {
	return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
}
