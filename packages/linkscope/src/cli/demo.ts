import { systemClock } from '@linkscope/core';
import { getConnectionInstrumentationReport, getConnectionInstrumentationStats, installInstrumentation, type Unsubscribe } from '../index.js';
import { DemoError } from './demo-child.js';
import { runInvite } from './demo-invite.js';
import { DemoProcesses } from './demo-processes.js';
import { type DemoServer, startDemoServer } from './demo-server.js';
import { driveTraffic } from './demo-traffic.js';
import type { Output, ProcessLike } from './output.js';
import { untilStopped } from './until-stopped.js';

export interface DemoOptions {
	/** End after the report instead of serving until Ctrl-C. */
	once: boolean;
	port: number;
	host: string;
	/** Folder of the built page. */
	page: string;
	/** That runs this command. */
	file: string;
}

// Message lines of the live log that are shown in a row; hundreds would push everything else away.
const SHOWN_IN_A_ROW = 8;

/** Once: an invite between processes, then the traffic of an application. Else that traffic, and page, relay and invites until Ctrl-C. @returns the exit code. */
export async function demo(options: DemoOptions, output: Output, process: ProcessLike): Promise<number> {
	const processes = new DemoProcesses(options.file, output);
	const stopped = untilStopped(process);
	const server = await startDemoServer(options).catch((error) => {
		stopped.forget();
		throw error;
	});
	const work = options.once ? runOnce(options, server, processes, output) : serve(options, server, processes, output);
	try {
		const end = await Promise.race([work.then(() => 'done' as const), stopped.promise]);
		if (end === 'done') return 0;
		output.line('\nClosing …');
	} catch (error) {
		if (!(error instanceof DemoError)) throw error;
		processes.log.flush();
		output.error(`the ${error.who} failed: ${error.message}`);
		return 1;
	} finally {
		stopped.forget();
		await processes.end();
		await server.close();
		// What was interrupted ends with the processes that it waits for.
		await work.catch(() => {});
	}
	output.line('Closed.');
	return options.once ? 1 : 0;
}

async function runOnce({ host }: DemoOptions, server: DemoServer, processes: DemoProcesses, output: Output): Promise<void> {
	await runInvite(processes, output, host);
	await processes.end();
	output.title('The traffic of an application that knows nothing of linkscope');
	await showTraffic(server, output);
}

/** Never ends by itself. */
async function serve({ host }: DemoOptions, server: DemoServer, processes: DemoProcesses, output: Output): Promise<never> {
	await showTraffic(server, output);
	output.title('Invites');
	const relay = await processes.startRelay(host);
	const inviter = await processes.startPeer('inviter');
	inviter.onEvent((event) => {
		if (event.type !== 'received') return;
		output.line(`\nThe inviter has received ${event.name}, ${event.bytes.toLocaleString('en')} bytes: ${event.path}, until this ends.`);
	});
	inviter.tell({ do: 'wait', relay });
	await inviter.next('waiting');
	processes.log.flush();
	output.title(`Open ${server.url} to watch connections live. Ctrl-C ends it.`);
	let used = inviter.next('used', Number.POSITIVE_INFINITY);
	for (;;) {
		inviter.tell({ do: 'invite', prefix: server.url });
		const { link, expiresAt } = await inviter.next('invite');
		processes.log.flush();
		output.line(`\nAn invite, good once and for ten minutes. Open it in a browser, or paste it into the page:\n${link}\n`);
		if ((await Promise.race([used.then(() => 'used'), expiry(expiresAt)])) === 'used') used = inviter.next('used', Number.POSITIVE_INFINITY);
	}
}

/** @param at milliseconds since 1970. */
function expiry(at: number): Promise<'expired'> {
	return new Promise((resolve) => systemClock.after(at - systemClock.epoch(), () => resolve('expired')));
}

/** Foreign code over the page's server, and what the instrumentation saw of it. */
async function showTraffic(server: DemoServer, output: Output): Promise<void> {
	if (server.movedFrom !== null) output.line(`Port ${server.movedFrom} is taken; this free one is used instead.`);
	output.line(`Serving ${server.url} (WebSocket at ${server.wsUrl})`);
	const uninstall = observe(server, output);
	try {
		output.title('Live log');
		const traffic = await driveTraffic(server);
		output.title('Report');
		output.line(String(getConnectionInstrumentationReport()));
		output.line(compare(server));
		await traffic.close();
	} finally {
		uninstall();
	}
}

/** One import is what an application needs; here the pieces, because the log goes to our output. */
function observe(server: DemoServer, output: Output): Unsubscribe {
	return installInstrumentation({
		label: 'DEMO',
		// The server runs in this process too; its ends of the same connections are left out.
		include: [new URL('/', server.wsUrl).href],
		log: { sink: shortened((line) => output.faint(line)) },
	});
}

function shortened(show: (line: string) => void): (line: string) => void {
	let inARow = 0;
	return (line) => {
		if (/ message (sent|received): /.test(line)) {
			if (++inARow <= SHOWN_IN_A_ROW) show(line);
			return;
		}
		if (inARow > SHOWN_IN_A_ROW) show(`        … and ${inARow - SHOWN_IN_A_ROW} messages more`);
		inARow = 0;
		show(line);
	};
}

/** The stats beside what the server counted by itself, apart from all instrumentation. */
function compare({ peers, wsUrl }: DemoServer): string {
	const { counted } = peers;
	const { connections } = getConnectionInstrumentationStats();
	const seen = connections.filter(({ url, messageCount }) => url === wsUrl && messageCount > 0);
	const others = connections.filter((connection) => !seen.includes(connection));
	const sum = (field: 'messagesSent' | 'messagesReceived'): number => seen.reduce((total, connection) => total + connection[field], 0);
	const serverSays = `${counted.connections} connections, ${counted.messagesReceived} messages in, ${counted.messagesSent} out`;
	const statsSay = `${seen.length} connections, ${sum('messagesSent')} messages in, ${sum('messagesReceived')} out`;
	const verdict = serverSays === statsSay ? 'The stats say the same.' : `The stats say: ${statsSay}.`;
	const list = others.map(({ url, close }) => `${new URL(url).pathname} (${close ? close.verdict.word : 'a Connection with plugins'})`).join(', ');
	return `The server behind /ws counted by itself: ${serverSays}.\n${verdict}\nThe report's other ${others.length} went elsewhere: ${list}.`;
}
