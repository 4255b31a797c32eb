import { alternate } from '../harness/alternate.mjs';
import { sidePath } from '../harness/bundle.mjs';
import { figure, nanoseconds } from '../harness/figures.mjs';
import { startSide } from '../harness/side.mjs';
import { paired, quantile, summarize } from '../harness/statistics.mjs';

const PLUGINS = 10;

export const sides = ['pass-through'];
export const title = 'A plugin that passes every message through';
export const head = ['measured', 'no plugin', `${PLUGINS} plugins`, 'a plugin and message', 'goal', ''];
export const notes = `A Connection over a transport that goes nowhere, 800 B messages. Observed: a probe listens, so every stage of the chain counts messages and bytes and is timed now and then.`;

export async function run({ quick }) {
	const figures = [];
	for (const observed of [false, true]) {
		for (const direction of ['sent', 'received']) figures.push(await measure(observed, direction, quick));
	}
	return figures;
}

async function measure(observed, direction, quick) {
	const [without, withPlugins] = [[], []];
	for (let generation = 0; generation < (quick ? 1 : 5); generation++) {
		const side = startSide(sidePath('pass-through'));
		if (observed) await side.call('observe');
		const time = (plugins) => side.call('time', { plugins, direction, messages: 200_000 });
		await alternate([0, PLUGINS], 3, time);
		const [baseline, subject] = await alternate([0, PLUGINS], quick ? 5 : 10, time);
		without.push(...baseline);
		withPlugins.push(...subject);
		await side.end();
	}
	return figure(summarize(paired(without, withPlugins, (some, none) => (some - none) / PLUGINS)), {
		label: `${direction}, ${observed ? 'observed' : 'not observed'}`,
		baseline: nanoseconds(quantile(without, 0.5)),
		subject: nanoseconds(quantile(withPlugins, 0.5)),
		format: nanoseconds,
		atMost: 50,
	});
}
