import { describe, expect, test, vi } from 'vitest';
import type { Payload } from '../payload.js';
import type { Plugin, PluginHost } from '../plugin.js';
import { settle } from './fake-clock.js';
import { pluginSuite } from './plugin-suite.js';

// A whole suite a test: on a busy machine that takes a while and proves nothing.
vi.setConfig({ testTimeout: 30_000 });

/** Runs the cases with such names and returns the names of those that failed. */
async function failuresOf(plugin: () => Plugin, names = /./): Promise<string[]> {
	const cases: [string, () => Promise<void>][] = [];
	pluginSuite({ test: (name, run) => cases.push([name, run]), plugin, beside: [() => ({ name: 'nothing' })] });
	const failed: string[] = [];
	for (const [name, run] of cases.filter(([name]) => names.test(name))) {
		// All of this runs in microtasks: a case that has not ended when they run dry waits for a message that was lost.
		const lost = new Promise<never>((_, reject) => setImmediate(() => reject(new Error('never ends'))));
		await Promise.race([run(), lost]).catch(() => failed.push(name));
	}
	return failed;
}

class Host {
	readonly name = 'broken';
	host!: PluginHost;
	attach(host: PluginHost): void {
		this.host = host;
	}
}

/** Every hundredth message waits for the one behind it. */
class Reordering extends Host implements Plugin {
	private count = 0;
	private held: Payload | null = null;
	outgoing(payload: Payload): Payload | null {
		if (++this.count % 100 === 0 && this.held === null) {
			this.held = payload;
			return null;
		}
		if (this.held !== null) {
			this.host.sendDown(payload);
			const { held } = this;
			this.held = null;
			return held;
		}
		return payload;
	}
}

/** Hands on a little later and forgets what is under way at the end. */
class Forgetful extends Host implements Plugin {
	outgoing(payload: Payload): null {
		void settle(200)
			.then(() => this.host.sendDown(payload))
			.catch(() => {});
		return null;
	}
}

/** Takes messages of the application for its own frames. */
class Confused extends Host implements Plugin {
	active(): void {
		this.host.sendDown('hello');
	}
	incoming(payload: Payload): Payload | null {
		return payload === 'hello' ? null : payload;
	}
}

class Leaky extends Host implements Plugin {
	active(): void {
		this.host.clock.after(60_000_000, () => {});
	}
}

class Fragile extends Host implements Plugin {
	incoming(payload: Payload): Payload {
		return typeof payload === 'string' && payload.length === 3 ? (JSON.parse(payload) as Payload) : payload;
	}
}

describe('the plugin suite', () => {
	test('passes a plugin that does nothing', async () => {
		expect(await failuresOf(() => ({ name: 'nothing-either' }))).toEqual([]);
	});

	test.each<[string, () => Plugin, RegExp]>([
		['reorders', () => new Reordering(), /any mix/],
		['turns text into bytes', () => ({ name: 'broken', outgoing: (p) => (typeof p === 'string' ? new TextEncoder().encode(p) : p) }), /intact/],
		['drops empty messages', () => ({ name: 'broken', incoming: (p) => (p.length === 0 ? null : p) }), /many sizes/],
		['forgets what is under way when it closes', () => new Forgetful(), /close\(\)/],
		['mistakes messages for control frames', () => new Confused(), /control frames/],
		['leaves a timer', () => new Leaky(), /terminate/],
		['breaks on damaged frames', () => new Fragile(), /damaged/],
	])('fails one that %s', async (_, plugin, expected) => {
		expect(await failuresOf(plugin, expected)).not.toEqual([]);
	});
});
