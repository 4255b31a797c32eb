import { codeOf } from '../errors.js';
import type { Payload } from '../payload.js';
import { platform } from '../platform.js';
import { hub } from '../probe.js';
import type { Transport } from '../transport.js';
import { TransportRecorder, turns } from './transport-recorder.js';

/** Two transports that will be joined. The acceptor's may exist only once the initiator has dialled. */
export interface TransportPair {
	initiator: Transport;
	acceptor: Promise<Transport>;
	/** Ends servers and whatever else the pair needed. */
	dispose?(): void | Promise<void>;
}

export interface TransportSuiteOptions {
	/** The runner's own: vitest, node:test, mocha's `it` and others fit. */
	test: (name: string, run: () => Promise<void>) => unknown;
	/** A fresh pair for each case. */
	pair: () => TransportPair | Promise<TransportPair>;
	/** A transport whose far end never answers; without it the cases of aborted opening are left out. */
	unanswered?: () => { transport: Transport; dispose?(): void | Promise<void> } | Promise<{ transport: Transport; dispose?(): void | Promise<void> }>;
	/** What the transport cannot do is left out. All true by default. */
	supports?: {
		/** send() returns false when the far end does not read, and `drained` follows. */
		backpressure?: boolean;
		/** The acceptor's transport exists before its open(), and keeps what arrives meanwhile. */
		earlyFrames?: boolean;
		/** terminate() leaves the peer without a goodbye. A page's WebSocket cannot. */
		abruptEnd?: boolean;
	};
}

interface Joined {
	near: Transport;
	far: Transport;
	nearSink: TransportRecorder;
	farSink: TransportRecorder;
}

/** The cases every transport passes. Plain assertions, so any runner can carry them. */
export function transportSuite({ test, pair, unanswered, supports = {} }: TransportSuiteOptions): void {
	function joined(name: string, run: (joined: Joined) => Promise<void>): void {
		test(name, async () => {
			const made = await pair();
			const nearSink = new TransportRecorder();
			const farSink = new TransportRecorder();
			const { signal } = new platform.AbortController();
			const opening = made.initiator.open(nearSink, signal);
			opening.catch(() => {}); // said again below, after the acceptor had its chance
			const far = await made.acceptor;
			try {
				await Promise.all([opening, far.open(farSink, signal)]);
				await run({ near: made.initiator, far, nearSink, farSink });
				await turns();
				for (const sink of [nearSink, farSink]) equal(sink.late, [], 'events after closed');
			} finally {
				made.initiator.terminate();
				far.terminate();
				await made.dispose?.();
			}
		});
	}

	joined('text stays text and bytes stay bytes, empty ones too', async ({ near, far, nearSink, farSink }) => {
		const samples = (): Payload[] => ['', 'plain', 'grüße 🙂 \u0000 \u2028', new Uint8Array(), new Uint8Array([0, 1, 127, 128, 255]), '[1,2]'];
		for (const payload of samples()) near.send(payload);
		for (const payload of samples()) far.send(payload);
		await Promise.all([farSink.untilMessages(6), nearSink.untilMessages(6)]);
		equal(farSink.messages, samples(), 'towards the acceptor');
		equal(nearSink.messages, samples(), 'towards the initiator');
	});

	joined('keeps the order of a thousand messages sent in one tick, large and small, text and bytes', async ({ near, farSink }) => {
		const sent: Payload[] = [];
		for (let i = 0; i < 1000; i++) {
			const size = i % 97 === 0 ? 20_000 : i % 13;
			sent.push(i % 2 === 0 ? `${i}:${'x'.repeat(size)}` : new Uint8Array(size + 4).fill(i));
		}
		for (const payload of sent) near.send(typeof payload === 'string' ? payload : payload.slice());
		await farSink.untilMessages(1000);
		equal(farSink.messages, sent, 'order and content');
	});

	joined('carries bytes that are a part of a larger buffer', async ({ near, farSink }) => {
		near.send(new Uint8Array([9, 9, 1, 2, 3, 9]).subarray(2, 5));
		await farSink.untilMessages(1);
		equal(farSink.messages, [new Uint8Array([1, 2, 3])], 'the part only');
	});

	joined('claims its socket while opening', async ({ nearSink, farSink }) => {
		equal([nearSink.claims.length, farSink.claims.length], [1, 1], 'claims');
	});

	joined('reports wire bytes, at least the payload, once a probe listens', async ({ near, nearSink, farSink }) => {
		const stop = hub.subscribe(() => {});
		try {
			near.send('grüße');
			near.send(new Uint8Array(1000));
			await farSink.untilMessages(2);
			ok(nearSink.bytesOut >= 1007 && nearSink.bytesOut < 1200, `bytes out, got ${nearSink.bytesOut} for 1007`);
			ok(farSink.bytesIn >= 1007 && farSink.bytesIn < 1200, `bytes in, got ${farSink.bytesIn} for 1007`);
		} finally {
			stop();
		}
	});

	joined('a message sent from within a message arrives', async ({ near, far, nearSink, farSink }) => {
		farSink.onMessage = (payload) => far.send(payload);
		near.send('echo');
		await nearSink.untilMessages(1);
		equal(nearSink.messages, ['echo'], 'the answer');
	});

	if (supports.earlyFrames !== false) {
		test('keeps what arrives before the acceptor opens, in order', async () => {
			const made = await pair();
			const nearSink = new TransportRecorder();
			const farSink = new TransportRecorder();
			const { signal } = new platform.AbortController();
			await made.initiator.open(nearSink, signal);
			const far = await made.acceptor;
			const sent = Array.from({ length: 200 }, (_, i) => `early ${i}`);
			for (const text of sent) made.initiator.send(text);
			await turns(20);
			await far.open(farSink, signal);
			made.initiator.send('late');
			await farSink.untilMessages(201);
			equal(farSink.messages, [...sent, 'late'], 'order and content');
			made.initiator.terminate();
			far.terminate();
			await made.dispose?.();
		});
	}

	if (supports.backpressure !== false) {
		joined('send() returns false when the far end does not read, drained follows, and nothing is lost', async ({ near, far, nearSink, farSink }) => {
			far.pause?.();
			const chunk = new Uint8Array(16 * 1024).fill(7);
			let count = 1;
			while (near.send(chunk.slice())) {
				count++;
				ok(count < 8192, 'send() never returned false, in 128 MiB');
			}
			equal(nearSink.drains, 0, 'drained before anything was read');
			far.resume?.();
			await nearSink.until(() => nearSink.drains > 0);
			near.send('after');
			await farSink.untilMessages(count + 1);
			equal(farSink.messages.at(-1), 'after', 'the last message');
			const bytes = farSink.messages.slice(0, -1).reduce((sum, payload) => sum + (payload as Uint8Array).byteLength, 0);
			equal(bytes, count * chunk.byteLength, 'bytes');
		});
	}

	joined('a paused end hears nothing, and resumes where it stopped', async ({ near, far, nearSink, farSink }) => {
		if (!far.pause || !far.resume) return;
		far.pause();
		const sent = Array.from({ length: 100 }, (_, i) => `message ${i}`);
		for (const text of sent) near.send(text);
		far.send('marker');
		await nearSink.untilMessages(1);
		equal(farSink.messages.length, 0, 'messages while paused');
		far.resume();
		await farSink.untilMessages(100);
		equal(farSink.messages, sent, 'order and content');
	});

	joined('a paused end can close', async ({ near, far, nearSink, farSink }) => {
		far.pause?.();
		for (let i = 0; i < 10; i++) near.send('unread');
		far.close(1000, 'enough');
		equal((await nearSink.untilClosed()).reason, 'enough', 'reason at the other end');
		equal((await farSink.untilClosed()).initiatedBy, 'local', 'initiatedBy');
	});

	joined('both ends close once, with code and reason, and know who began', async ({ near, nearSink, farSink }) => {
		near.close(4321, 'the reason');
		near.close(4000, 'a second close');
		const told = { code: 4321, reason: 'the reason', wasClean: true };
		equal(pick(await nearSink.untilClosed()), { ...told, initiatedBy: 'local' }, 'near');
		equal(pick(await farSink.untilClosed()), { ...told, initiatedBy: 'remote' }, 'far');
		near.close(1000, '');
		near.terminate();
		await turns();
		equal([nearSink.closes.length, farSink.closes.length], [1, 1], 'closed');
	});

	joined('what was sent before close arrives before the close', async ({ near, farSink }) => {
		for (let i = 0; i < 50; i++) near.send(`${i}`);
		near.close(1000, 'done');
		await farSink.untilClosed();
		equal(farSink.messages.length, 50, 'messages');
	});

	joined('a reason of 500 bytes is cut to 123 at a character boundary', async ({ near, nearSink, farSink }) => {
		near.close(1000, '🙂'.repeat(125));
		equal((await nearSink.untilClosed()).reason, '🙂'.repeat(30), 'near');
		equal((await farSink.untilClosed()).reason, '🙂'.repeat(30), 'far');
	});

	joined('closing from within a message ends both', async ({ near, far, nearSink, farSink }) => {
		farSink.onMessage = () => far.close(1000, 'heard enough');
		near.send('one');
		near.send('two');
		await Promise.all([nearSink.untilClosed(), farSink.untilClosed()]);
	});

	joined('terminate ends here at once and there as lost', async ({ near, nearSink, farSink }) => {
		near.terminate();
		await turns(1);
		equal(nearSink.closes.length, 1, 'closed by the next tick');
		equal(nearSink.closes[0]?.initiatedBy, 'local', 'near');
		near.terminate();
		const { wasClean, initiatedBy } = await farSink.untilClosed();
		if (supports.abruptEnd !== false) equal({ wasClean, initiatedBy }, { wasClean: false, initiatedBy: 'network' }, 'far');
	});

	joined('send after close returns false and sends nothing', async ({ near, nearSink, farSink }) => {
		near.close(1000, 'bye');
		equal(near.send('late'), false, 'while closing');
		await Promise.all([nearSink.untilClosed(), farSink.untilClosed()]);
		equal(near.send('later'), false, 'when closed');
		equal(farSink.messages, [], 'what arrived');
	});

	joined('refuses a message over its limit and lives on', async ({ near, farSink }) => {
		const { maxMessageBytes } = near.features;
		if (!Number.isFinite(maxMessageBytes)) return;
		equal(
			thrownCode(() => near.send(new Uint8Array(maxMessageBytes + 1))),
			'MESSAGE_TOO_BIG',
			'bytes',
		);
		equal(
			thrownCode(() => near.send('é'.repeat(Math.ceil((maxMessageBytes + 1) / 2)))),
			'MESSAGE_TOO_BIG',
			'text, measured in UTF-8',
		);
		near.send(new Uint8Array(maxMessageBytes));
		near.send('still here');
		await farSink.untilMessages(2);
		equal(farSink.messages[1], 'still here', 'the next message');
	});

	if (unanswered) {
		const opening = (name: string, run: (transport: Transport, sink: TransportRecorder) => Promise<void>): void => {
			test(name, async () => {
				const { transport, dispose } = await unanswered();
				const sink = new TransportRecorder();
				try {
					await run(transport, sink);
					await turns();
					ok(sink.closes.length <= 1, 'closed more than once');
					equal(sink.late, [], 'events after closed');
				} finally {
					transport.terminate();
					await dispose?.();
				}
			});
		};

		opening('opening with a signal that was aborted before rejects', async (transport, sink) => {
			const controller = new platform.AbortController();
			controller.abort();
			equal(await rejectedCode(transport.open(sink, controller.signal)), 'OPEN_ABORTED', 'code');
		});

		opening('opening rejects when it is aborted', async (transport, sink) => {
			const controller = new platform.AbortController();
			const rejected = rejectedCode(transport.open(sink, controller.signal));
			await turns(2);
			controller.abort();
			equal(await rejected, 'OPEN_ABORTED', 'code');
		});

		opening('close while opening ends it, and a second close and terminate do no harm', async (transport, sink) => {
			const controller = new platform.AbortController();
			const rejected = rejectedCode(transport.open(sink, controller.signal));
			await turns(2);
			transport.close(1000, 'changed my mind');
			transport.close(1000, 'again');
			controller.abort();
			equal(await rejected, 'OPEN_ABORTED', 'code');
			transport.terminate();
		});

		opening('close before open makes open reject', async (transport, sink) => {
			transport.close(1000, 'never mind');
			await turns(1);
			equal(await rejectedCode(transport.open(sink, new platform.AbortController().signal)), 'OPEN_ABORTED', 'code');
		});
	}
}

function pick({ code, reason, wasClean, initiatedBy }: { code: number; reason: string; wasClean: boolean; initiatedBy: string }) {
	return { code, reason, wasClean, initiatedBy };
}

function thrownCode(run: () => unknown): string | null {
	try {
		run();
	} catch (error) {
		return codeOf(error) ?? String(error);
	}
	return null;
}

function rejectedCode(promise: Promise<unknown>): Promise<string | null> {
	return promise.then(
		() => null,
		(error: unknown) => codeOf(error) ?? String(error),
	);
}

function ok(condition: boolean, message: string): void {
	if (!condition) throw new Error(message);
}

function equal(got: unknown, expected: unknown, what: string): void {
	const [left, right] = [show(got), show(expected)];
	if (left !== right) throw new Error(`${what}: expected ${right.slice(0, 500)}, got ${left.slice(0, 500)}`);
}

/** One text per value, in which bytes and text differ. */
function show(value: unknown): string {
	return JSON.stringify(value, (_, inner) => (inner instanceof Uint8Array ? `bytes[${Array.from(inner).join()}]` : inner)) ?? 'undefined';
}
