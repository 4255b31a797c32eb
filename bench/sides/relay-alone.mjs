// A relay and nothing else, so that memory, CPU and handles of the process are its own.
import { subscribe } from 'node:diagnostics_channel';
import { systemClock } from '@linkscope/core';
import { createRelayServer } from '@linkscope/relay-server';
import { ownProcess } from '../harness/own-process.mjs';
import { serveCommands } from '../harness/serve-commands.mjs';
import { ONE_ADDRESS } from '../loops/one-address.mjs';

const SAMPLE_MS = 5;

/** Timers that have neither fired nor been cancelled: Node lists those alone that keep a process alive. */
const pending = new Set();
const clock = {
	...systemClock,
	after(ms, fn, options) {
		const timer = {};
		pending.add(timer);
		const cancel = systemClock.after(ms, () => pending.delete(timer) && fn(), options);
		return () => pending.delete(timer) && cancel();
	},
};

const sockets = new Set();
subscribe('net.server.socket', ({ socket }) => sockets.add(socket.on('close', forget)));

function forget() {
	sockets.delete(this);
}

const relay = createRelayServer({ port: 0, limits: ONE_ADDRESS, clock });
let sampling;
let peak;

serveCommands({
	/** @returns the address to dial. */
	listen: async () => (await relay.listen()).url,

	/** Entries of all maps, open handles, pending timers, and live memory in bytes. */
	async state() {
		const liveBytes = await ownProcess.liveBytes();
		return { ...relay.counts, timers: pending.size, handles: process.getActiveResourcesInfo().length, liveBytes, rssBytes: process.memoryUsage.rss() };
	},

	counts: () => relay.counts,
	rssBytes: () => process.memoryUsage.rss(),

	/** From here on. */
	watchHeld() {
		peak = { heldBytes: 0, rssBytes: 0 };
		sampling = setInterval(sample, SAMPLE_MS);
	},
	/** The most that was held in buffers of sockets, and the most memory of the process, since then. */
	heldPeak() {
		clearInterval(sampling);
		return peak;
	},
});

function sample() {
	let heldBytes = 0;
	for (const { writableLength, readableLength } of sockets) heldBytes += writableLength + readableLength;
	peak = { heldBytes: Math.max(peak.heldBytes, heldBytes), rssBytes: Math.max(peak.rssBytes, process.memoryUsage.rss()) };
}
