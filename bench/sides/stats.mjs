// A process with many open connections, of which the stats and the report are asked.
import { performance } from 'node:perf_hooks';
import { getConnectionInstrumentationReport, getConnectionInstrumentationStats, installInstrumentation } from '@linkscope/instrumentation';
import { serveCommands } from '../harness/serve-commands.mjs';
import { openMemoryPair } from '../loops/memory-pairs.mjs';

const held = [];
let stats;

const works = {
	stats: () => getConnectionInstrumentationStats(),
	report: () => String(getConnectionInstrumentationReport()),
	clone: () => structuredClone(stats),
};

serveCommands({
	async open({ connections }) {
		installInstrumentation();
		for (let i = 0; i < connections / 2; i++) held.push(...(await openMemoryPair(i, 20)));
		stats = getConnectionInstrumentationStats();
		return stats.connections.length;
	},
	/** Milliseconds. */
	time(work) {
		globalThis.gc();
		const startMs = performance.now();
		works[work]();
		return performance.now() - startMs;
	},
});
