/** The child's half of `startSide`: answers each command with what its function returns. */
export function serveCommands(commands) {
	process.on('message', async ({ command, argument }) => {
		try {
			process.send({ result: await commands[command](argument) });
		} catch (error) {
			process.send({ error: error.stack });
		}
	});
}
