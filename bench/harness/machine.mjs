import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';

/** One line that says where figures were made. */
export function describeMachine() {
	const [cpu] = cpus();
	return `Node ${process.version}, ${cpus().length} × ${cpu.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}`;
}

/** How busy the machine is with other things: figures of a busy one are worth less. */
export function describeLoad() {
	return `load ${loadavg()[0].toFixed(1)}`;
}

/** Short hash of the commit that is measured, with a mark where files differ from it. */
export function describeCommit() {
	const git = (...args) => execFileSync('git', args, { encoding: 'utf8', cwd: import.meta.dirname }).trim();
	try {
		return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') === '' ? '' : ' with local changes');
	} catch {
		return 'no commit';
	}
}
