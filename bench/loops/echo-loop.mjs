import { performance } from 'node:perf_hooks';

/**
 * Sends to an echo server what it echoes, with so many messages under way.
 * What comes back is sent on, so that no side is charged for making messages.
 */
export class EchoLoop {
	#send;
	#toSend = 0;
	#toReceive = 0;
	#done = () => {};

	constructor(send) {
		this.#send = send;
	}

	/** To be called with each message received. */
	receive(payload) {
		if (this.#toSend > 0) {
			this.#toSend--;
			this.#send(payload);
		}
		if (--this.#toReceive === 0) this.#done();
	}

	/** @returns {Promise<{ perSecond: number, cpuUs: number }>} echoes a second; microseconds of CPU of this process an echo (one message sent, one received). */
	async throughput({ bytes, text, messages, window }) {
		globalThis.gc?.();
		const cpu = process.cpuUsage();
		const startMs = performance.now();
		await this.#run({ bytes, text, messages, window });
		const seconds = (performance.now() - startMs) / 1000;
		const { user, system } = process.cpuUsage(cpu);
		return { perSecond: messages / seconds, cpuUs: (user + system) / messages };
	}

	/** @returns {Promise<number>} microseconds from sending to the echo, of so many one at a time: the median, or below which another share lies. */
	async roundTrip({ bytes, text, messages, share = 0.5 }) {
		globalThis.gc?.();
		const samples = new Float64Array(messages);
		for (let i = 0; i < messages; i++) {
			const startMs = performance.now();
			await this.#run({ bytes, text, messages: 1, window: 1 });
			samples[i] = (performance.now() - startMs) * 1000;
		}
		return samples.sort()[Math.floor(messages * share)];
	}

	#run({ bytes, text, messages, window }) {
		return new Promise((resolve) => {
			this.#done = resolve;
			this.#toReceive = messages;
			this.#toSend = messages - Math.min(window, messages);
			for (let i = 0; i < Math.min(window, messages); i++) this.#send(text ? 'x'.repeat(bytes) : new Uint8Array(bytes).fill(i + 1));
		});
	}
}
