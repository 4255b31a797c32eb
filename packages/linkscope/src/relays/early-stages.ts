import { type Clock, hub, type Note } from '@linkscope/core';

type StageNote = Extract<Note, { kind: 'stage' }>;

interface Running {
	readonly name: 'validate' | 'discover';
	readonly startedAt: number;
}

/** What happened for a connection before there was one. */
export class EarlyStages {
	readonly #clock: Clock;
	readonly #over: StageNote[] = [];
	#running: Running | null = null;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	begin(name: Running['name']): void {
		this.#running = { name, startedAt: this.#clock.now() };
	}

	end(outcome: StageNote['outcome'], messages = 0): void {
		if (this.#running === null) return;
		const { name, startedAt } = this.#running;
		this.#over.push({ kind: 'stage', name, startedAt, durationMs: this.#clock.now() - startedAt, messages, outcome });
		this.#running = null;
	}

	/** Tells the instrumentation, as part of the connection to which they led. What still runs has become needless. */
	tellOf({ id }: { id: string }): void {
		this.end('aborted');
		const at = this.#clock.now();
		if (hub.active) for (const note of this.#over) hub.emit({ type: 'note', id, at, note });
	}
}
