import { asError, byteLength, MESSAGE_OVERHEAD_BYTES, type Payload, Queue } from '@linkscope/core';

export interface LaneSteps {
	transform(payload: Payload): Promise<Payload>;
	/** Where the result goes, in the order of `push`. */
	emit(payload: Payload): void;
	/** `transform` or `emit` threw: the lane has stopped. */
	failed(error: Error): void;
}

/** An asynchronous transform that keeps the order: one payload after the other. */
export class OrderedLane {
	readonly #waiting = new Queue<{ payload: Payload; bytes: number }>();
	#working: Promise<void> | null = null;
	#stopped = false;
	#held = 0;
	readonly #steps: LaneSteps;

	constructor(steps: LaneSteps) {
		this.#steps = steps;
	}

	/** Bytes taken in and not yet emitted, at their size before the transform and with what holding a message costs. */
	get heldBytes(): number {
		return this.#held;
	}

	/** Settles when all is emitted; null where nothing waits, so that a payload may go past. */
	get rest(): Promise<void> | null {
		return this.#working;
	}

	push(payload: Payload): void {
		if (this.#stopped) return;
		const bytes = byteLength(payload) + MESSAGE_OVERHEAD_BYTES;
		this.#waiting.push({ payload, bytes });
		this.#held += bytes;
		this.#working ??= this.#work();
	}

	/** Nothing more is emitted. */
	stop(): void {
		this.#stopped = true;
		this.#waiting.clear();
		this.#held = 0;
	}

	async #work(): Promise<void> {
		try {
			for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
				const result = await this.#steps.transform(next.payload);
				if (this.#stopped) break;
				this.#held -= next.bytes;
				this.#steps.emit(result);
			}
		} catch (error) {
			const wasStopped = this.#stopped;
			this.stop();
			if (!wasStopped) this.#steps.failed(asError(error));
		}
		this.#working = null;
	}
}
