import type { Payload } from './payload.js';
import { platform, type ReadableStream, type WritableStream } from './platform.js';

interface MessageChannel {
	messages(): AsyncIterable<Payload> & AsyncIterator<Payload>;
	send(payload: Payload): boolean;
	drained(): Promise<void>;
	close(reason?: string): Promise<void>;
	terminate(reason?: string): void;
}

/** Messages as a web stream; one that nobody reads slows the peer down. Cancelling it closes the connection. */
export function createReadable(channel: MessageChannel): ReadableStream<Payload> {
	const iterator = channel.messages();
	const ReadableStream = required('ReadableStream');
	return new ReadableStream(
		{
			async pull(controller: { enqueue(payload: Payload): void; close(): void }) {
				const { done, value } = await iterator.next();
				if (done) controller.close();
				else controller.enqueue(value);
			},
			cancel: () => channel.close(),
		},
		{ highWaterMark: 0 },
	);
}

/** Sending as a web stream; `write` resolves when more is welcome. Closing it closes the connection. */
export function createWritable(channel: MessageChannel): WritableStream<Payload> {
	const WritableStream = required('WritableStream');
	return new WritableStream({
		async write(payload: Payload) {
			if (!channel.send(payload)) await channel.drained();
		},
		close: () => channel.close(),
		abort: () => channel.terminate('stream aborted'),
	});
}

function required<K extends 'ReadableStream' | 'WritableStream'>(name: K): NonNullable<(typeof platform)[K]> {
	const found = platform[name];
	if (!found) throw new TypeError(`this platform has no ${name}: use onMessage, messages() and send() instead`);
	return found as NonNullable<(typeof platform)[K]>;
}
