// Many clients of a relay, which do nothing but wait, or come and go.
import { performance } from 'node:perf_hooks';
import { serveCommands } from '../harness/serve-commands.mjs';
import { each } from '../loops/each.mjs';
import { comeAndGo } from '../loops/relay-cycles.mjs';
import { NativeParty, OneParty } from '../loops/relay-party.mjs';

const PARTIES = { native: NativeParty, ONE: OneParty };
const AT_ONCE = 64;
const waiting = [];

serveCommands({
	/** Waits so often, each time as somebody else. @returns milliseconds until all of them wait. */
	async wait({ url, kind, count }) {
		const Party = PARTIES[kind];
		const parties = Array.from({ length: count }, () => new Party());
		const startMs = performance.now();
		await each(parties, AT_ONCE, async (party) => {
			const line = await party.listen(url);
			waiting.push(line);
			Party.called(line).catch(() => {});
		});
		return performance.now() - startMs;
	},

	leave() {
		for (const line of waiting.splice(0)) line.terminate();
	},

	comeAndGo: ({ url, count }) => comeAndGo(url, count, AT_ONCE),
});
