// A SessionManager with many sessions, whose work is timed.
import { performance } from 'node:perf_hooks';
import { memorySessionStorage, SessionManager } from '@linkscope/resilience';
import { ownProcess } from '../harness/own-process.mjs';
import { serveCommands } from '../harness/serve-commands.mjs';

let manager;
let known = 0;

serveCommands({
	/** @param stored whether changes are written to a storage, here one in memory. */
	start({ sessions, stored }) {
		manager = new SessionManager({ storage: stored ? memorySessionStorage() : undefined });
		manager.onEvent.on(() => {});
		known = 0;
		register(sessions);
	},

	/** Microseconds an operation, on average of so many; events have a listener. */
	time({ work, count }) {
		const run = works[work];
		const startMs = performance.now();
		run(count);
		return ((performance.now() - startMs) * 1000) / count;
	},

	/** Bytes a session, after some heartbeats. */
	async bytes({ sessions }) {
		manager = new SessionManager();
		register(1);
		const before = await ownProcess.liveBytes();
		register(sessions);
		for (let i = 0; i < 3; i++) works.heartbeat(sessions);
		return ((await ownProcess.liveBytes()) - before) / sessions;
	},
});

const works = {
	registration: register,
	heartbeat(count) {
		const now = Date.now();
		for (let i = 0; i < count; i++) manager.updateHeartbeat(idOf(i % known), now - (i % 1500));
	},
	status(count) {
		for (let i = 0; i < count; i++) manager.updateStatus(idOf((i >> 1) % known), i % 2 === 0 ? 'SUSPENDED' : 'CONNECTED');
	},
};

function register(count) {
	const end = known + count;
	for (; known < end; known++) {
		manager.registerConnection(idOf(known), `user-${known}`, `organization-${known % 100}`, 'browser', { page: '/home', version: known % 10 });
	}
}

function idOf(number) {
	return `session-${number}-5f1c7a52`;
}
