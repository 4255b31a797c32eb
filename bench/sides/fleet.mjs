// A fleet of simulated nodes, in a process that does nothing else.
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@linkscope/core';
import { FakeClock } from '@linkscope/core/testing';
import { ownProcess } from '../harness/own-process.mjs';
import { serveCommands } from '../harness/serve-commands.mjs';
import { simulatedFleet } from '../loops/simulated-fleet.mjs';

const DAY_MS = 24 * 3_600_000;

/** The longest chain of promises in the fleet is shorter. */
const PROMISE_TURNS = 16;

/** Held on purpose. */
let held;

serveCommands({
	/** @returns bytes by which the live heap grew, the simulated connections included. */
	async memory({ nodes }) {
		const before = await ownProcess.liveBytes();
		const clock = new FakeClock();
		held = { clock, ...simulatedFleet({ clock, nodes }) };
		held.connect();
		await clock.run(nodes * 50 + 600_000, PROMISE_TURNS);
		if (held.pool.size !== nodes) throw new Error(`${held.pool.size} of ${nodes} nodes are connected`);
		return (await ownProcess.liveBytes()) - before;
	},

	/** @returns the share of one core this process took while all nodes were in trouble, so that each was checked every 5 s of real time. */
	async cpu({ nodes, seconds }) {
		const rates = { dialsPerSecond: 200, batchPauseMs: 0 };
		const { pool, monitor, connect } = simulatedFleet({ clock: systemClock, nodes, isWell: () => false, rates });
		pool.onEvent.on((event) => event.type === 'connected' && monitor.setLevel(event.node, 'CRITICAL'));
		await connect().done;
		await sleep(6_000);
		const [checksBefore, cpuBefore, before] = [monitor.statistics.checks, ownProcess.cpuUs(), performance.now()];
		await sleep(seconds * 1_000);
		const elapsedUs = (performance.now() - before) * 1_000;
		const [cpuUs, checks] = [ownProcess.cpuUs() - cpuBefore, monitor.statistics.checks - checksBefore];
		monitor.stop();
		await pool.close();
		return { share: cpuUs / elapsedUs, checksPerSecond: (checks / elapsedUs) * 1e6 };
	},

	/** @returns how long it took to simulate a day. */
	async day({ nodes }) {
		const clock = new FakeClock();
		const random = generator(7);
		const fleet = simulatedFleet({ clock, nodes, isDead: (id) => id.endsWith('99'), isWell: () => random() > 0.001 });
		const [started, cpuBefore] = [performance.now(), ownProcess.cpuUs()];
		const run = fleet.connect();
		await clock.run(DAY_MS, PROMISE_TURNS);
		const wallSeconds = (performance.now() - started) / 1_000;
		const cpuSeconds = (ownProcess.cpuUs() - cpuBefore) / 1e6;
		const { connected, failed } = run.progress;
		if (connected + failed !== nodes) throw new Error(`of ${nodes} nodes ${connected} were connected and ${failed} failed`);
		return { wallSeconds, cpuSeconds, checks: fleet.monitor.statistics.checks };
	},
});

/** Mulberry32: the same day each time. */
function generator(seed) {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}
