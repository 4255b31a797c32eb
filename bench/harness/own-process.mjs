import { setImmediate as turn } from 'node:timers/promises';

/** What every side can be asked about its own process. */
export const ownProcess = {
	/** Microseconds of CPU this process has used. */
	cpuUs() {
		const { user, system } = process.cpuUsage();
		return user + system;
	},

	/** Bytes of the live heap, what the heap holds outside of itself included. Needs --expose-gc. */
	async liveBytes() {
		// Weak references and what timers hold are free only a turn later.
		for (let i = 0; i < 5; i++) {
			await turn();
			globalThis.gc();
		}
		const { heapUsed, external } = process.memoryUsage();
		return heapUsed + external;
	},
};
