import { Connection } from '@linkscope/core';
import { createIdentity, defaultPrimitives } from '@linkscope/crypto';
import { fullJitter } from '@linkscope/resilience';
import { createRelayListener, dialRelay, openRelay } from '@linkscope/transports/relay';
import { serveCommands } from '../harness/serve-commands.mjs';

const primitives = defaultPrimitives();
const asker = createIdentity(primitives);
const jitter = fullJitter();
/** How long the clients chose to wait before they dialled again (ms). */
let waits = [];
const backoff = {
	next(attempt, previousMs) {
		const ms = jitter.next(attempt, previousMs);
		waits.push(ms);
		return ms;
	},
};
const clients = [];
const pairs = [];

/** Waits at a relay, echoes what it is sent, and remembers when it was lost and when it waited again. */
class Client {
	identity = createIdentity(primitives);
	lostAt = null;
	againAt = null;

	constructor(url) {
		this.listener = createRelayListener({ relay: url, identity: this.identity, spares: 1, backoff });
		this.listener.onState.on(({ waiting, error }) => {
			if (waiting === 0 && error) this.lostAt ??= Date.now();
			else if (waiting > 0 && this.lostAt !== null) this.againAt ??= Date.now();
		});
		this.listener.onTransport.on(({ transport }) => {
			const connection = new Connection(transport, { initiator: false });
			connection.onMessage.on((message) => connection.send(message));
			connection.open().catch(() => {});
		});
		this.listener.start();
	}
}

/** The same for many, a few at a time. */
async function each(items, atOnce, work) {
	const queue = [...items.entries()];
	const results = [];
	const worker = async () => {
		for (let next = queue.shift(); next; next = queue.shift()) results[next[0]] = await work(next[1]);
	};
	await Promise.all(Array.from({ length: atOnce }, worker));
	return results;
}

async function call(url, target) {
	const connection = new Connection(dialRelay(url, { identity: asker, target }));
	await connection.open();
	return connection;
}

/** How many of the targets a relay knows, eight to a session. */
async function known(url, targets) {
	const session = await openRelay(url, { identity: asker });
	let count = 0;
	for (const target of targets) if ((await session.discover(target)).registered) count++;
	session.close();
	return count;
}

serveCommands({
	add({ url, count }) {
		for (let i = 0; i < count; i++) clients.push(new Client(url));
	},
	waiting: () => clients.filter(({ listener }) => listener.waiting > 0).length,
	/** From here on losses count. */
	mark() {
		waits = [];
		for (const client of clients) {
			client.lostAt = null;
			client.againAt = null;
		}
	},
	/** Of those that were lost since the mark: when, and when they waited again (ms since 1970, null: not yet). */
	losses: () => clients.filter(({ lostAt }) => lostAt !== null).map(({ lostAt, againAt }) => ({ lostAt, againAt })),
	waits: () => waits,
	/** How many of the clients the relay at `url` finds. */
	async found(url) {
		const targets = clients.map(({ identity }) => identity.publicKey);
		const groups = Array.from({ length: Math.ceil(targets.length / 8) }, (_, index) => targets.slice(8 * index, 8 * index + 8));
		const counts = await each(groups, 16, (group) => known(url, group).catch(() => 0));
		return counts.reduce((sum, count) => sum + count, 0);
	},
	/** Calls those that were lost since the mark. @returns how many did not answer. */
	async callLost({ url, most }) {
		const lost = clients.filter(({ lostAt }) => lostAt !== null).slice(0, most);
		const failures = await each(lost, 8, async ({ identity }) => {
			try {
				const connection = await call(url, identity.publicKey);
				await connection.close();
				return null;
			} catch (error) {
				return error.message;
			}
		});
		return { called: lost.length, failures: failures.filter(Boolean) };
	},
	/** Pairs that talk through the relay at `url`. */
	async pair({ url, count }) {
		for (let i = 0; i < count; i++) {
			const client = new Client(url);
			while (client.listener.waiting === 0) await new Promise((resolve) => client.listener.onState.on(resolve));
			const connection = await call(url, client.identity.publicKey);
			client.listener.stop();
			pairs.push(connection);
		}
	},
	/** @returns how many pairs did not bring a message back. */
	async echo() {
		const answers = pairs.map(async (connection) => {
			const heard = new Promise((resolve) => connection.onMessage.on(resolve));
			connection.send('are you there?');
			await heard;
		});
		let failed = 0;
		const late = new Promise((_, reject) => setTimeout(() => reject(new Error('no echo')), 2_000));
		await Promise.all(answers.map((answer) => Promise.race([answer, late]).catch(() => failed++)));
		return failed;
	},
});
