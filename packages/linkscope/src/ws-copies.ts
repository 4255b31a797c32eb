import { createRequire } from 'node:module';
import type { Unsubscribe } from '@linkscope/core';
import { instrumentWs } from '@linkscope/instrumentation';
import { Hook } from 'require-in-the-middle';
import ws from 'ws';

// Where every copy of ws since version 3 keeps its class; its index and, for `import`, its wrapper come by it too.
const CLASS_MODULE = 'ws/lib/websocket';
const CLASS_FILE = /[\\/]node_modules[\\/]ws[\\/]lib[\\/]websocket\.js$/;

let users = 0;
let undo: Unsubscribe[] = [];

/**
 * Observes every copy of `ws` in this process: ours, those that are loaded, and those that are loaded from now on, however
 * deep in the dependencies. A copy inside a bundle is no module any more: hand it to `instrumentWs` yourself.
 * @returns takes back the patches and the hook into `require`, when every user has.
 */
export function instrumentCopiesOfWs(): Unsubscribe {
	if (users++ === 0) start();
	let gone = false;
	return () => {
		if (gone) return;
		gone = true;
		if (--users === 0) for (const step of undo.splice(0)) step();
	};
}

function start(): void {
	undo = [instrumentWs(ws), ...loadedCopies().map(instrumentCopy)];
	const hook = new Hook([CLASS_MODULE], (WebSocket, _name, folder) => {
		undo.push(instrumentCopy({ WebSocket, folder: `${folder}/lib/` }));
		return WebSocket;
	});
	undo.push(() => hook.unhook());
}

interface Copy {
	WebSocket: unknown;
	/** Where its class lies, with a slash at the end. */
	folder: string;
}

function loadedCopies(): Copy[] {
	// One cache serves every require; this one is asked for nothing else.
	const { cache } = createRequire(process.execPath);
	return Object.keys(cache)
		.filter((file) => CLASS_FILE.test(file))
		.map((file) => ({ WebSocket: cache[file]?.exports, folder: file.replace(/[^\\/]+$/, '') }));
}

function instrumentCopy({ WebSocket, folder }: Copy): Unsubscribe {
	return instrumentWs({ WebSocket, WebSocketServer: serverIn(folder) });
}

/** Its server's class, which every entry of ws loads next; an `import` of it would pass by the hook. */
function serverIn(folder: string): unknown {
	try {
		return createRequire(folder)('./websocket-server.js');
	} catch {
		return null; // a copy that was laid out another way: its sockets are seen, without the path they were asked by
	}
}
