// Clients of one library and the port they dial, which goes down and comes back.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@linkscope/core';
import { createMemoryPair, FakeClock } from '@linkscope/core/testing';
import { ReconnectingLink } from '@linkscope/resilience';
import { openGate } from '../harness/outage-gate.mjs';
import { clients } from '../harness/reconnecting-clients.mjs';
import { serveCommands } from '../harness/serve-commands.mjs';

serveCommands({
	/**
	 * One outage for so many new clients.
	 * @returns for each client milliseconds from the server's return to its connection, and when all of them dialled, from the outage's begin.
	 */
	async outage({ library, count, outageMs }) {
		const { kind, open } = clients[library];
		const gate = await openGate(kind);
		const backAtMs = [];
		let arrived = () => {};
		const closers = await Promise.all(
			Array.from({ length: count }, (_, i) =>
				open(gate.port, () => {
					backAtMs[i] ??= performance.now();
					if (Object.keys(backAtMs).length === count) arrived();
				}),
			),
		);
		const all = new Promise((resolve) => {
			arrived = resolve;
		});
		gate.goDown();
		await sleep(outageMs);
		const returnedAtMs = gate.comeBack();
		await all;
		const dialsAtMs = [...gate.dialsAtMs];
		for (const close of closers) await close();
		gate.close();
		return { backMs: backAtMs.map((ms) => ms - returnedAtMs), dialsAtMs };
	},

	/** The same for links on a fake clock, one after the other. @returns the dials of each, and milliseconds from the server's return. */
	async simulate({ count, outageMs }) {
		const results = { dials: [], backMs: [] };
		for (let i = 0; i < count; i++) {
			const { dials, backMs } = await simulateLink(outageMs);
			results.dials.push(dials);
			results.backMs.push(backMs);
		}
		return results;
	},
});

async function simulateLink(outageMs) {
	const clock = new FakeClock();
	let dials = 0;
	let backAtMs = 0;
	const link = new ReconnectingLink(
		async ({ link: info }) => {
			dials++;
			if (clock.now() < outageMs && dials > 1) throw new Error('refused');
			const [near, far] = createMemoryPair({ clock });
			new Connection(far, { clock, initiator: false }).open().catch(() => {});
			const connection = new Connection(near, { clock, link: info });
			await connection.open();
			return connection;
		},
		{ clock },
	);
	link.onState.on((state) => {
		if (state === 'CONNECTED') backAtMs = clock.now();
	});
	await Promise.all([link.open(), clock.run(0)]);
	link.connection.terminate();
	await clock.run(outageMs + 30_000);
	await link.close();
	return { dials: dials - 1, backMs: backAtMs - outageMs };
}
