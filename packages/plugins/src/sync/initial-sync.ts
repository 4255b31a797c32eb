import type { Clock, Note } from '@linkscope/core';

/**
 * The stage 'sync' of seeds/004: from the first time that either side asks for what the other has, until nobody does.
 * Objects fetched by name, and files, are no part of it.
 */
export class InitialSync {
	readonly #clock: Clock;
	readonly #note: (note: Note) => void;
	#startedAt: number | null = null;
	#underWay = 0;
	#messages = 0;
	#code: string | null = null;
	#isOver = false;

	constructor(clock: Clock, note: (note: Note) => void) {
		this.#clock = clock;
		this.#note = note;
	}

	/** A control frame went out or came in: the request is counted before `begin` at the side that is asked. */
	frame(): void {
		this.#messages++;
	}

	begin(): void {
		this.#startedAt ??= this.#clock.now();
		this.#underWay++;
	}

	end(code: string | null = null): void {
		this.#underWay--;
		this.#code ??= code;
		if (this.#underWay === 0) this.#tell(this.#code === null ? 'ok' : 'failed');
	}

	/** The connection ended. */
	abort(): void {
		if (this.#underWay > 0) this.#tell('aborted');
	}

	#tell(outcome: 'ok' | 'failed' | 'aborted'): void {
		if (this.#isOver || this.#startedAt === null) return;
		this.#isOver = true;
		const durationMs = this.#clock.now() - this.#startedAt;
		this.#note({ kind: 'stage', name: 'sync', startedAt: this.#startedAt, durationMs, messages: this.#messages, outcome, code: this.#code ?? undefined });
	}
}
