import { getConnectionInstrumentationReport, getConnectionInstrumentationStats, installInstrumentation, type Unsubscribe } from '../index.js';
import { type DemoServer, startDemoServer } from './demo-server.js';
import { driveTraffic } from './demo-traffic.js';
import type { Output, ProcessLike } from './output.js';

export interface DemoOptions {
	/** End after the report instead of serving until Ctrl-C. */
	once: boolean;
	port: number;
	host: string;
	/** Folder of the built page. */
	page: string;
}

// Message lines of the live log that are shown in a row; hundreds would push everything else away.
const SHOWN_IN_A_ROW = 8;

/** Server, page and traffic in one; @returns the exit code. */
export async function demo(options: DemoOptions, output: Output, process: ProcessLike): Promise<number> {
	const { once, port, host, page } = options;
	const server = await startDemoServer({ port, host, page });
	const stopped = untilStopped(process);
	const uninstall = observe(server, output);
	try {
		if (server.movedFrom !== null) output.line(`Port ${server.movedFrom} is taken; this free one is used instead.`);
		output.line(`Serving ${server.url} (WebSocket at ${server.wsUrl})`);
		output.title('Live log');
		const traffic = await driveTraffic(server);
		output.title('Report');
		output.line(String(getConnectionInstrumentationReport()));
		output.line(compare(server));
		await traffic.close();
		uninstall();
		if (!once) {
			output.title(`Open ${server.url} to watch connections live. Ctrl-C ends it.`);
			await stopped.promise;
			output.line('\nClosing …');
		}
	} finally {
		uninstall();
		stopped.forget();
		await server.close();
	}
	if (!once) output.line('Closed.');
	return 0;
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
	return `The server behind /ws counted by itself: ${serverSays}. ${verdict}\nThe report's other ${others.length} went elsewhere: ${list}.`;
}

function untilStopped(process: ProcessLike): { promise: Promise<void>; forget(): void } {
	let stop = (): void => {};
	const promise = new Promise<void>((resolve) => {
		stop = resolve;
	});
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
	return {
		promise,
		forget: () => {
			for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
		},
	};
}
