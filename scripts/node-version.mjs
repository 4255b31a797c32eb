// Imported before everything else by the commands: an old Node must read this file, so it stays plain and imports nothing.

const MINIMUM = [20, 19, 0];

/**
 * Says what is wrong with a Node version, or nothing.
 * @param {string} version such as '20.19.0', without the leading v
 * @returns {string | null} one sentence for the reader, or null when the version will do
 */
export function nodeVersionProblem(version) {
	const parts = version.split('.').map((part) => Number.parseInt(part, 10));
	for (let index = 0; index < MINIMUM.length; index++) {
		if (parts[index] > MINIMUM[index]) return null;
		if (parts[index] === MINIMUM[index]) continue;
		return `linkscope needs Node ${MINIMUM.join('.')} or newer; this is Node ${version}. Install a newer one and run the command again.`;
	}
	return null;
}

/** Ends the process with a clear message where Node is too old. */
export function requireNodeVersion() {
	const problem = nodeVersionProblem(process.versions.node);
	if (problem === null) return;
	console.error(problem);
	process.exit(1);
}
