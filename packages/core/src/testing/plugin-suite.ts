import type { Connection } from '../connection.js';
import { codeOf, PluginError } from '../errors.js';
import type { Payload } from '../payload.js';
import type { Plugin } from '../plugin.js';
import { settle } from './fake-clock.js';
import type { MemoryPairOptions } from './memory-pair.js';
import { copyOf, createPluginPair, type PluginPair, sameMessages } from './plugin-pair.js';
import { damaged, mixedMessages, sampleMessages, seededRandom } from './sample-messages.js';

export interface PluginSuiteOptions {
	/** The runner's own: vitest, node:test, mocha's `it` and others fit. */
	test: (name: string, run: () => Promise<void>) => unknown;
	/** A fresh plugin, for either end. */
	plugin: () => Plugin;
	/** Others to share a chain with, in both orders. */
	beside?: readonly (() => Plugin)[];
	/** What a hostile end needs so that a plugin with a handshake becomes ACTIVE: one that shakes hands and lets all frames through as they are. */
	hostile?: () => readonly Plugin[];
	/** Makes the plugins of two open connections send control frames that ordinary messages and two minutes do not bring about. */
	exercise?: (left: Connection, right: Connection) => Promise<void>;
}

const modes = ['single', 'burst'] as const;

/** The cases every plugin passes, over a memory pair, frame by frame and in bursts. Plain assertions, so any runner can carry them. */
export function pluginSuite({ test, plugin, beside = [], hostile = () => [], exercise = async () => {} }: PluginSuiteOptions): void {
	const pair = (options?: MemoryPairOptions) => createPluginPair([plugin()], [plugin()], options);

	for (const delivery of modes) {
		test(`${delivery}: text and bytes of many sizes arrive intact and in order`, async () => {
			await exchange(pair({ delivery }), sampleMessages());
		});

		test(`${delivery}: small and large messages in any mix arrive intact and in order`, async () => {
			for (const seed of [1, 2, 3]) await exchange(pair({ delivery }), mixedMessages(150, seed));
		});

		test(`${delivery}: messages sent before ACTIVE arrive first`, async () => {
			const joined = pair({ delivery });
			const messages = mixedMessages(60, 4).slice(0, 30);
			for (const message of messages) joined.left.send(copyOf(message));
			await joined.open();
			joined.left.send('later');
			await joined.atRight.until(messages.length + 1);
			sameMessages(joined.atRight.messages, [...messages, 'later'], 'sent early');
			await end(joined);
		});

		test(`${delivery}: close() flushes what send() accepted`, async () => {
			const joined = pair({ delivery });
			await joined.open();
			const messages = mixedMessages(80, 5);
			for (const message of messages) joined.left.send(copyOf(message));
			await end(joined);
			sameMessages(joined.atRight.messages, messages, 'sent before close()');
		});
	}

	test("the plugin's own control frames, sent as messages, arrive intact", async () => {
		let frames = await recordedFrames();
		// Twice: the second time, what the escaping made of them.
		for (let round = 0; round < 2; round++) {
			const joined = pair();
			await exchange(joined, frames);
			frames = joined.wire.slice(0, 200);
		}
	});

	// A phase of the lifecycle is gone through once, so a plugin that has one cannot be stacked.
	const stackable = plugin().phase === undefined;
	if (stackable)
		test('a second plugin of the kind, above the first, changes nothing', async () => {
			const stack = () => [plugin(), named(plugin(), 'the-second')];
			await exchange(createPluginPair(stack(), stack()), [...(await recordedFrames()), ...mixedMessages(60, 6)]);
		});

	for (const other of beside) {
		const { name } = other();
		if (name === plugin().name) continue;
		for (const [order, stack] of Object.entries({ above: () => [other(), plugin()], below: () => [plugin(), other()] })) {
			for (const delivery of modes) {
				test(`${order} ${name}, ${delivery}: messages arrive intact and in order, and close() flushes`, async () => {
					const joined = createPluginPair(stack(), stack(), { delivery });
					await joined.open();
					const messages = [...mixedMessages(60, 7), ...sampleMessages()];
					for (const message of messages) joined.left.send(copyOf(message));
					for (const message of messages) joined.right.send(copyOf(message));
					await joined.atLeft.until(messages.length);
					await end(joined);
					sameMessages(joined.atRight.messages, messages, 'to the right');
					sameMessages(joined.atLeft.messages, messages, 'to the left');
				});
			}
		}
	}

	test('a message too big for the transport is delivered, refused or the end, and never lost in silence', async () => {
		const joined = pair({ maxMessageBytes: 90 * 1024 });
		await joined.open();
		const tooBig = sampleMessages().at(-1) as Uint8Array;
		let refusal: string | null = null;
		try {
			joined.left.send(tooBig.slice(0, 200 * 1024));
		} catch (error) {
			refusal = codeOf(error);
		}
		if (refusal === null) await Promise.race([joined.atRight.until(1).catch(() => {}), joined.atLeft.ended]);
		if (joined.left.state === 'FAILED') refusal = codeOf(joined.left.closeInfo?.error);
		if (refusal === null) sameMessages(joined.atRight.messages, [tooBig.slice(0, 200 * 1024)], 'accepted');
		else if (refusal !== 'MESSAGE_TOO_BIG') throw new Error(`refused with ${refusal}`);
		if (joined.left.state === 'ACTIVE') await end(joined);
		else await noTimers(joined);
	});

	test('damaged frames of a hostile peer are messages, or end the connection with a code', async () => {
		const random = seededRandom(8);
		for (const frame of (await recordedFrames()).slice(0, 40)) {
			for (const bad of [...damaged(frame, random), frame]) {
				const joined = createPluginPair(hostile(), [plugin()]);
				await joined.open();
				for (let i = 0; i < 2; i++) joined.left.send(copyOf(bad));
				await joined.close();
				const code = codeOf(joined.right.closeInfo?.error);
				if (code === 'PLUGIN_FAILED') throw joined.right.closeInfo?.error;
				if (joined.right.state === 'FAILED' && code === null) throw new Error('failed without a code');
				await noTimers(joined);
			}
		}
	});

	test('a plugin beside it that throws ends its own connection and no other', async () => {
		for (const stack of [
			[plugin(), thrower()],
			[thrower(), plugin()],
		]) {
			const [broken, healthy] = [createPluginPair(stack, [plugin()]), pair()];
			// A handshake meets the fault while opening.
			await Promise.allSettled([broken.open(), healthy.open()]);
			try {
				broken.left.send('boom');
			} catch (error) {
				if (codeOf(error) !== 'PLUGIN_FAILED') throw error;
			}
			await broken.atRight.ended;
			if (broken.left.state !== 'FAILED') throw new Error(`the broken connection is ${broken.left.state}`);
			await noTimers(broken);
			await exchange(healthy, mixedMessages(20, 9));
		}
	});

	test('no timer is left after terminate(), on either end', async () => {
		const joined = pair();
		await joined.open();
		for (const message of mixedMessages(20, 10)) joined.left.send(message);
		joined.left.terminate();
		await joined.atRight.ended;
		await noTimers(joined);
	});

	test('nothing but a clean end comes of a connection that was never opened', async () => {
		const joined = pair();
		joined.left.send('never sent');
		await joined.left.close();
		joined.right.terminate();
		await noTimers(joined);
	});

	/** What the plugin puts on the wire, control frames included. */
	async function recordedFrames(): Promise<Payload[]> {
		const joined = pair();
		await joined.open();
		for (const message of mixedMessages(40, 11)) joined.left.send(message);
		await joined.atRight.until(40);
		joined.right.send('x'.repeat(200_000));
		joined.right.send(new Uint8Array(200_000));
		await joined.atLeft.until(2);
		await joined.clock.run(120_000);
		await exercise(joined.left, joined.right);
		await end(joined);
		return joined.wire.slice(-120);
	}
}

/** The same messages both ways, then a clean end. */
async function exchange(joined: PluginPair, messages: readonly Payload[]): Promise<void> {
	await joined.open();
	for (const message of messages) {
		joined.left.send(copyOf(message));
		joined.right.send(copyOf(message));
	}
	await Promise.all([joined.atRight.until(messages.length), joined.atLeft.until(messages.length)]);
	sameMessages(joined.atRight.messages, messages, 'to the right');
	sameMessages(joined.atLeft.messages, messages, 'to the left');
	await end(joined);
}

async function end(joined: PluginPair): Promise<void> {
	await joined.close();
	for (const { state, closeInfo } of [joined.left, joined.right]) {
		if (state !== 'CLOSED') throw new Error(`close() should end CLOSED, is ${state}: ${closeInfo?.error?.message ?? closeInfo?.reason}`);
	}
	await noTimers(joined);
}

async function noTimers({ clock }: PluginPair): Promise<void> {
	await settle();
	if (clock.pending !== 0) throw new Error(`${clock.pending} timers are left after the end`);
}

function named(plugin: Plugin, name: string): Plugin {
	return Object.defineProperty(plugin, 'name', { value: name });
}

function thrower(): Plugin {
	const fail = (): never => {
		throw new PluginError('PLUGIN_FAILED', 'thrown on purpose');
	};
	return { name: 'thrower', outgoing: fail, incoming: fail };
}
