import { fork } from 'node:child_process';

/**
 * A process of its own that is measured or serves: the parent's heap, compiled code and garbage are not its own.
 * @param {string} script path of a bundle that calls `serveCommands`
 * @param {{ execArgv?: string[], args?: string[] }} [options]
 */
export function startSide(script, { execArgv = [], args = [] } = {}) {
	const child = fork(script, args, { execArgv, serialization: 'advanced' });
	let pending = null;
	child.on('message', ({ error, result }) => {
		const { resolve, reject } = pending;
		pending = null;
		if (error === undefined) resolve(result);
		else reject(new Error(error));
	});
	const exited = new Promise((resolve) => {
		child.once('exit', (code, signal) => {
			pending?.reject(new Error(`${script} ended with ${signal ?? code} while it was measured`));
			resolve();
		});
	});
	return {
		/** Runs one command there. @returns what it returned. */
		call(command, argument) {
			return new Promise((resolve, reject) => {
				pending = { resolve, reject };
				child.send({ command, argument });
			});
		},
		async end() {
			child.kill();
			await exited;
		},
	};
}
