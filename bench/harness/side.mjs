import { fork } from 'node:child_process';
import { once } from 'node:events';

/**
 * A process of its own that is measured or serves: the parent's heap, compiled code and garbage are not its own.
 * @param {string} script path of a bundle that calls `serveCommands`
 * @param {{ execArgv?: string[], args?: string[] }} [options]
 */
export function startSide(script, { execArgv = [], args = [] } = {}) {
	const child = fork(script, args, { execArgv, serialization: 'advanced' });
	const exited = once(child, 'exit');
	return {
		/** Runs one command there, one at a time. @returns what it returned. */
		async call(command, argument) {
			const answered = once(child, 'message');
			const gone = exited.then(([code, signal]) => {
				throw new Error(`${script} ended with ${signal ?? code} while it was asked to ${command}`);
			});
			child.send({ command, argument }, () => {});
			const [{ error, result }] = await Promise.race([answered, gone]);
			if (error !== undefined) throw new Error(error);
			return result;
		},
		async end() {
			child.kill();
			await exited;
		},
	};
}
