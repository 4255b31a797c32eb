import { difference, type Reading } from './reading.js';
import type { Registry } from './registry.js';
import { Ring } from './ring.js';
import { clean } from './text.js';
import { iso } from './time.js';
import type { NavigationStep } from './types.js';

const MAX_STEPS = 100;

/** Traffic per step of an application's navigation. */
export class NavigationSteps {
	readonly #registry: Registry;
	readonly #past = new Ring<NavigationStep>();
	#current: { path: string; epoch: number; before: Reading } | null = null;

	constructor(registry: Registry) {
		this.#registry = registry;
	}

	/** @returns the path as it may be shown. */
	enter(path: string, epoch: number): string {
		const step = this.#running();
		if (step) this.#past.push(step, MAX_STEPS);
		this.#current = { path: clean(path), epoch, before: this.#registry.read(0) };
		return this.#current.path;
	}

	/** The running step of another registry goes on here, counted anew. */
	goOn(from: NavigationSteps): void {
		if (from.#current) this.enter(from.#current.path, from.#current.epoch);
	}

	/** Oldest first; the running step is the last. */
	stats(): NavigationStep[] {
		const running = this.#running();
		return [...this.#past.items.map((step) => ({ ...step })), ...(running ? [running] : [])];
	}

	#running(): NavigationStep | null {
		if (!this.#current) return null;
		const { path, epoch, before } = this.#current;
		const { connections, messagesSent, messagesReceived, bytes } = difference(this.#registry.read(0), before);
		return { path, at: iso(epoch), connectionsOpened: connections, messagesSent, messagesReceived, bytes };
	}
}
