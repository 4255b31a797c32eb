// What stays in memory, in a process that does one thing.
import { setImmediate as turn } from 'node:timers/promises';
import { installInstrumentation, instrumentWs } from '@linkscope/instrumentation';
import * as ws from 'ws';
import { ownProcess } from '../harness/own-process.mjs';
import { serveCommands } from '../harness/serve-commands.mjs';
import { openMemoryPair } from '../loops/memory-pairs.mjs';
import { tellOfItsEnd, tellOfOpenSocket } from '../loops/probe-events.mjs';

const MESSAGES = 20;

/** Held on purpose: what an application would hold. */
const held = [];

serveCommands({
	install() {
		installInstrumentation();
		instrumentWs(ws);
	},

	async observedSockets({ count, url }) {
		held.push(await openSocket(url));
		return growthOf(async () => {
			for (let i = 0; i < count; i++) held.push(await openSocket(`${url}/rooms/${i}`));
		});
	},

	async connections({ count }) {
		held.push(await openMemoryPair(-1, MESSAGES));
		return growthOf(async () => {
			for (let i = 0; i < count / 2; i++) held.push(...(await openMemoryPair(i, MESSAGES)));
		});
	},

	foldedSockets: ({ count }) =>
		growthOf(() => {
			for (let i = 0; i < count; i++) tellOfOpenSocket(i, MESSAGES);
		}),

	foldedEndedSockets: ({ count }) =>
		growthOf(async () => {
			for (let i = 0; i < count; i++) {
				tellOfItsEnd(tellOfOpenSocket(i, MESSAGES), i);
				if (i % 1000 === 0) await turn();
			}
		}),

	async endedConnections({ count }) {
		return growthOf(async () => {
			for (let i = 0; i < count / 2; i++) {
				const pair = await openMemoryPair(i, 2);
				await Promise.all(pair.map((connection) => connection.close()));
				if (i % 1000 === 0) await turn();
			}
		});
	},
});

/** Bytes by which the live heap grew, what the heap holds outside of itself included. */
async function growthOf(work) {
	const before = await ownProcess.liveBytes();
	await work();
	return (await ownProcess.liveBytes()) - before;
}

async function openSocket(url) {
	const socket = new ws.WebSocket(url);
	await new Promise((resolve, reject) => {
		socket.addEventListener('open', resolve);
		socket.addEventListener('error', reject);
	});
	let rest = MESSAGES / 2;
	const echoed = new Promise((resolve) => socket.addEventListener('message', () => --rest === 0 && resolve()));
	for (let i = 0; i < MESSAGES / 2; i++) socket.send(`message ${i}`);
	await echoed;
	return socket;
}
