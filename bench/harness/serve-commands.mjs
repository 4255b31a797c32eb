import { ownProcess } from './own-process.mjs';

/** The child's half of `startSide`: answers each command with what its function returns, and ends with its parent. */
export function serveCommands(commands) {
	const all = { ...ownProcess, ...commands };
	process.on('message', async ({ command, argument }) => {
		try {
			process.send({ result: await all[command](argument) });
		} catch (error) {
			process.send({ error: error.stack });
		}
	});
	process.once('disconnect', () => process.exit());
}
