import { alternate } from '../harness/alternate.mjs';
import { sidePath } from '../harness/bundle.mjs';
import { figure, milliseconds } from '../harness/figures.mjs';
import { startSide } from '../harness/side.mjs';
import { paired, quantile, summarize } from '../harness/statistics.mjs';

const CONNECTIONS = 10_000;

export const sides = ['stats'];
export const title = `Stats and report of ${CONNECTIONS.toLocaleString('en-US')} open connections`;
export const head = ['measured', 'structuredClone(stats)', 'linkscope', 'linkscope ÷ clone', 'goal', ''];
export const notes = `Against structuredClone of what getConnectionInstrumentationStats() returned. The connections have four plugins besides their transport, four stages and 40 messages each.`;

export async function run({ quick }) {
	const side = startSide(sidePath('stats'), { execArgv: ['--expose-gc'] });
	const listed = await side.call('open', { connections: CONNECTIONS });
	if (listed !== CONNECTIONS) throw new Error(`the stats list ${listed} connections, ${CONNECTIONS} were opened`);
	const time = (work) => side.call('time', work);
	await alternate(['clone', 'stats', 'report'], 3, time);
	const [clone, stats, report] = await alternate(['clone', 'stats', 'report'], quick ? 5 : 20, time);
	await side.end();
	return [compare('getConnectionInstrumentationStats()', clone, stats, 1.5), compare('String(getConnectionInstrumentationReport())', clone, report, 2)];
}

function compare(label, clone, ours, atMost) {
	return figure(summarize(paired(clone, ours, (mine, base) => mine / base)), {
		label,
		baseline: milliseconds(quantile(clone, 0.5)),
		subject: milliseconds(quantile(ours, 0.5)),
		atMost,
	});
}
