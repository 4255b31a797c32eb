// `import 'linkscope/auto'` before anything else: from then on every WebSocket of the process is seen.
import '@linkscope/instrumentation/auto';
import { createRequire } from 'node:module';
import { instrumentWs } from '@linkscope/instrumentation';
import ws from 'ws';

instrumentWs(ws);
const own = wsOfApplication();
if (own) instrumentWs(own);

/** The application may have a copy of ws of its own; a copy deeper in its dependencies needs `instrumentWs(ws)` by hand. */
function wsOfApplication(): unknown {
	try {
		return createRequire(process.argv[1] ?? '')('ws');
	} catch {
		return null; // it does not use ws, or was not started from a file
	}
}
