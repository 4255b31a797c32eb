import { execFile, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The repository's folder; every command runs there, wherever it was called from. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs a command with our own input and output until it ends, passing signals on to it.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: Record<string, string | undefined>, cwd?: string }} [options]
 * @returns {Promise<number>} its exit code; 128 + n when signal n ended it, as shells count, and 127 when it could not be started
 */
export function run(command, args, { env = process.env, cwd = root } = {}) {
	return new Promise((resolve) => {
		// npx is a batch file on Windows, and those start only through a shell.
		const child = spawn(command, args, { cwd, env, stdio: 'inherit', shell: process.platform === 'win32' && command !== process.execPath });
		const stopForwarding = forwardSignals(child);
		child.once('error', (error) => {
			stopForwarding();
			console.error(`${command} could not be started: ${error.message}`);
			resolve(127);
		});
		child.once('exit', (code, signal) => {
			stopForwarding();
			resolve(code ?? 128 + constants.signals[signal]);
		});
	});
}

/** Runs a script with this very Node. */
export function runNode(script, args = [], options = {}) {
	return run(process.execPath, [script, ...args], options);
}

function forwardSignals(child) {
	// At a terminal Ctrl-C reaches the whole group by itself; a second one would make the child give up its clean end.
	const listeners = { SIGINT: () => process.stdin.isTTY || child.kill('SIGINT'), SIGTERM: () => child.kill('SIGTERM') };
	for (const [signal, listener] of Object.entries(listeners)) process.on(signal, listener);
	return () => {
		for (const [signal, listener] of Object.entries(listeners)) process.off(signal, listener);
	};
}

/** Says what begins, does it, and says how long it took. */
export async function step(title, work) {
	const startedAt = performance.now();
	console.log(`> ${title} …`);
	const result = await work();
	console.log(`  ${title}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
	return result;
}

/** Does a step that is an exit code, and ends the process with that code unless it is zero. */
export async function mustSucceed(title, work) {
	const code = await step(title, work);
	if (code === 0) return;
	console.error(`${title} failed with exit code ${code}.`);
	process.exit(code);
}

/**
 * Runs a check that should be silent: its output is shown only when it fails.
 * @returns {Promise<string>} its standard output
 * @throws {Error} carrying all output when it ends with anything but zero
 */
export function capture(command, args, { env = process.env, cwd = root } = {}) {
	return new Promise((resolve, reject) => {
		const shell = process.platform === 'win32' && command !== process.execPath;
		execFile(command, args, { cwd, env, shell, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
			if (error) reject(new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr || error.message}`));
			else resolve(stdout);
		});
	});
}
