import { Named } from './named.js';
import { isSubstantial, ownTraffic } from './own-traffic.js';
import { columnsOf, line, table, WIDTH } from './table.js';
import type { ConnectionInstrumentationStats, ConnectionSnapshot, LatencyPercentiles } from './types.js';
import { bytes, compact, duration, number } from './units.js';

const MAX_GROUPS = 10;

/** The report for a console of 100 columns: every section short, however many connections there are. */
export function textOf(stats: ConnectionInstrumentationStats, rows: number): string {
	const { connections, navigation, leaks } = stats;
	const sections = [header(stats), figures(stats), connectionTable(connections, rows)];
	if (connections.length > rows) sections.push(groups('BY URL', connections, ({ role, url }) => [role === 'acceptor' ? '← accepted' : url]));
	const byTag = groups('BY TAG', connections, ({ label, tags }) => [
		...(label ? [`label: ${label}`] : []),
		...Object.entries(tags).map(([key, value]) => `${key}: ${value}`),
	]);
	sections.push(byTag, stageTable(stats), pluginTable(stats));
	if (navigation.length > 1) {
		const steps = navigation.slice(-MAX_GROUPS).map((step) => [step.path, step.connectionsOpened, step.messagesSent, step.messagesReceived, bytes(step.bytes)]);
		sections.push(table({ NAVIGATION: 48, opened: -8, sent: -10, received: -10, bytes: -10 }, steps));
	}
	if (leaks.length > 0) sections.push([`LEAKS (${leaks.length})`, ...leaks.slice(0, 5).map(({ connectionId, detail }) => `  ${connectionId}  ${detail}`)]);
	sections.push(securityList(stats), errorList(stats));
	return sections
		.filter((section) => section.length > 0)
		.map((section) => section.map(line).join('\n'))
		.join('\n\n');
}

function header({ label, generatedAt, global }: ConnectionInstrumentationStats): string[] {
	return [`CONNECTION REPORT${label ? ` [${label}]` : ''}  ${generatedAt}  up ${duration(global.uptimeMs)}`, '─'.repeat(WIDTH)];
}

function figures({ global: all, transports, history, trends, resources }: ConnectionInstrumentationStats): string[] {
	const { instrumentation: own, memoryBytes, cpuPercent, eventLoopLagMs } = resources;
	const attempts = Object.values(transports).reduce((sum, one) => sum + one.attempts, 0);
	// The window of the rates, which are never drawn out beyond what was seen.
	const windowS = Math.round(Math.min(Math.max(all.uptimeMs / 1000, 1), 60));
	const wireBytes = all.wireBytesSent + all.wireBytesReceived;
	return [
		`Connections  ${number(all.activeConnections)} active of ${number(all.totalConnections)}, ${number(all.closedConnections)} closed, ${number(all.failedConnections)} failed${attempts > 0 ? `; ${percent(all.successRate)} of attempts opened` : ''}`,
		`Messages     ${number(all.totalMessages)}: ${number(all.messagesSent)} sent, ${number(all.messagesReceived)} received, ${bytes(all.averageMessageSize)} on average`,
		`Bytes        ${bytes(all.totalBytes)}: ${bytes(all.bytesSent)} sent, ${bytes(all.bytesReceived)} received`,
		...(isSubstantial(wireBytes - all.totalBytes, all.totalBytes)
			? [`On the wire  ${bytes(wireBytes)}: ${bytes(all.wireBytesSent)} sent, ${bytes(all.wireBytesReceived)} received, plugins' own traffic included`]
			: []),
		`${`Last ${windowS} s`.padEnd(13)}${all.messagesPerSecond.toFixed(2)} messages/s, ${all.throughputMbps.toFixed(3)} Mbps, ${all.connectionsPerMinute.toFixed(2)} connections/min`,
		`Latency      ${latencyText(all.latency)}`,
		// Fewer samples show no trend.
		...(history.samples.length < 3
			? []
			: [
					`Trends       latency ${all.latency ? trends.latency : '-'}, connections ${trends.connections}, errors ${trends.errors}, throughput ${trends.throughput}`,
				]),
		`Resources    memory ${memoryBytes === null ? '-' : bytes(memoryBytes)}, cpu ${cpuPercent === null ? '-' : `${cpuPercent} %`}, event loop lag ${duration(eventLoopLagMs)}`,
		`This report  ${own.nsPerMessage || '-'} ns a message, ${bytes(own.retainedBytes)} kept${own.degraded ? ', DEGRADED: some detail was dropped' : ''}`,
	];
}

function connectionTable(connections: ConnectionSnapshot[], maxRows: number): string[] {
	if (connections.length === 0) return ['CONNECTIONS  none yet'];
	const shown = notable(connections, maxRows);
	// Ids of a worker's connections are longer.
	const idWidth = Math.min(Math.max(6, ...shown.map(({ id }) => id.length)), 12);
	const urlWidth = 39 - idWidth;
	const places = shown.map((one) => placeOf(one, urlWidth));
	const rows = table(
		{ ID: idWidth, STATE: 20, 'PURPOSE?': 9, 'URL (→ dialled, ← accepted)': urlWidth, SENT: -6, RECV: -6, BYTES: -8 },
		shown.map((one, index) => [
			one.id,
			one.close ? `${one.close.code} ${one.close.verdict.word}` : one.state,
			one.purpose,
			places[index]?.url ?? '',
			compact(one.messagesSent),
			compact(one.messagesReceived),
			bytes(one.bytesSent + one.bytesReceived),
		]),
	);
	const lines = rows.flatMap((row, index) => {
		const beneath = places[index - 1]?.beneath ?? [];
		return [row, ...beneath.map((text) => ' '.repeat(37 + idWidth) + text)];
	});
	const hidden = connections.length - shown.length;
	return hidden > 0 ? [...lines, `… and ${number(hidden)} more: ${countBy(connections, (one) => one.state)} in all`] : lines;
}

/** The URL with its direction, and label and peer beside it; beneath it where they would cut it, and what plugins said themselves. */
function placeOf(one: ConnectionSnapshot, width: number): { url: string; beneath: string[] } {
	const { url, role, from, label } = one;
	const own = ownTraffic(one).map(([name, count]) => `+ ${bytes(count)} by ${name}`);
	const place = `${from || role === 'acceptor' ? '←' : '→'} ${url}`;
	const more = [label, from && `from ${from}`].filter(Boolean).join(', ');
	const both = `${place}  ${more}`;
	return columnsOf(both) <= width ? { url: both, beneath: own } : { url: place, beneath: [more, ...own] };
}

/** The last ones; where there are too many, those with errors first and then the busiest on the wire. */
function notable(connections: ConnectionSnapshot[], rows: number): ConnectionSnapshot[] {
	if (connections.length <= rows) return connections;
	const weight = (one: ConnectionSnapshot) => one.errors * 2 ** 40 + one.wireBytesSent + one.wireBytesReceived;
	const weighed = connections.map((one) => [weight(one), one] as const).sort((a, b) => b[0] - a[0]);
	return weighed.slice(0, rows).map(([, one]) => one);
}

function groups(title: string, connections: ConnectionSnapshot[], keysOf: (one: ConnectionSnapshot) => string[]): string[] {
	const sumOf = new Named(() => ({ active: 0, count: 0, messages: 0, bytes: 0, errors: 0 }), Number.POSITIVE_INFINITY);
	for (const one of connections) {
		for (const key of keysOf(one)) {
			const sum = sumOf.of(key);
			sum.count++;
			if (one.close === null) sum.active++;
			sum.messages += one.messageCount;
			sum.bytes += one.bytesSent + one.bytesReceived;
			sum.errors += one.errors;
		}
	}
	const sums = sumOf.entries();
	if (sums.length === 0) return [];
	const largest = sums.sort((a, b) => b[1].count - a[1].count).slice(0, MAX_GROUPS);
	const lines = table(
		{ [title]: 40, connections: -11, active: -8, messages: -10, bytes: -9, errors: -7 },
		largest.map(([key, sum]) => [key, compact(sum.count), compact(sum.active), compact(sum.messages), bytes(sum.bytes), compact(sum.errors)]),
	);
	return sums.length > MAX_GROUPS ? [...lines, `… and ${number(sums.length - MAX_GROUPS)} more`] : lines;
}

function stageTable({ stages }: ConnectionInstrumentationStats): string[] {
	const seen = Object.entries(stages).filter(([, stage]) => stage.count > 0);
	if (seen.length === 0) return [];
	return table(
		{ STAGE: 10, count: -10, p50: -12, p95: -12, p99: -12, budget: -12, 'over budget': -11 },
		seen.map(([name, { count, p50, p95, p99, budgetMs, overruns }]) => [
			name,
			compact(count),
			duration(p50),
			duration(p95),
			duration(p99),
			duration(budgetMs),
			overruns > 0 ? `${compact(overruns)} !` : '0',
		]),
	);
}

function pluginTable({ plugins }: ConnectionInstrumentationStats): string[] {
	const all = Object.entries(plugins).slice(0, 20);
	if (all.length === 0) return [];
	return table(
		{ PLUGIN: 24, connections: -11, in: -10, out: -10, 'bytes in': -10, 'bytes out': -10, 'ns/msg': -9 },
		all.map(([name, one]) => [
			name,
			compact(one.connections),
			compact(one.messagesIn),
			compact(one.messagesOut),
			bytes(one.bytesIn),
			bytes(one.bytesOut),
			one.nsPerMessage ?? '-',
		]),
	);
}

function errorList({ recentErrors, global }: ConnectionInstrumentationStats): string[] {
	if (recentErrors.length === 0) return ['ERRORS  none'];
	const shown = recentErrors.slice(0, 5);
	const width = Math.max(...shown.map(({ connectionId }) => connectionId?.length ?? 1));
	return [
		`ERRORS (${number(global.totalErrors)}, newest first)`,
		...shown.map((one) => `  ${one.timestamp.slice(11, 19)}  ${one.severity.padEnd(8)}  ${(one.connectionId ?? '-').padEnd(width)}  ${one.error}`),
	];
}

/** Who was let in and who was not. */
function securityList({ recentEvents }: ConnectionInstrumentationStats): string[] {
	const events = recentEvents.filter(({ category, event }) => category === 'security' && event !== 'peer').slice(0, 5);
	if (events.length === 0) return [];
	return [
		'SECURITY (newest first)',
		...events.map(
			({ timestamp, connectionId, event, detail }) => `  ${timestamp.slice(11, 19)}  ${event.padEnd(15)}  ${(connectionId ?? '-').padEnd(6)}  ${detail}`,
		),
	];
}

function latencyText(latency: LatencyPercentiles | null): string {
	if (!latency) return 'not measured';
	return `p50 ${duration(latency.p50)}, p95 ${duration(latency.p95)}, p99 ${duration(latency.p99)}, jitter ${duration(latency.jitter)}`;
}

function percent(share: number): string {
	return `${Number((share * 100).toFixed(1))} %`;
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): string {
	const counts = new Map<string, number>();
	for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
	return [...counts].map(([key, count]) => `${number(count)} ${key}`).join(', ');
}
