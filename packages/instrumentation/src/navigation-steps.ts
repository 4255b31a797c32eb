import type { Registry } from './registry.js';
import { Ring } from './ring.js';
import { clean } from './text.js';
import { iso } from './time.js';
import type { NavigationStep } from './types.js';

const MAX_STEPS = 100;

/** Traffic per step of an application's navigation. */
export class NavigationSteps {
	readonly #past = new Ring<NavigationStep>();
	#current: { path: string; epoch: number; before: ReturnType<typeof countOf> } | null = null;

	constructor(private readonly registry: Registry) {}

	/** @returns the path as it may be shown. */
	enter(path: string, epoch: number): string {
		const step = this.#running();
		if (step) this.#past.push(step, MAX_STEPS);
		this.#current = { path: clean(path), epoch, before: countOf(this.registry) };
		return this.#current.path;
	}

	/** The running step goes on, counted in another registry. */
	restart(registry: Registry): NavigationSteps {
		const next = new NavigationSteps(registry);
		if (this.#current) next.enter(this.#current.path, this.#current.epoch);
		return next;
	}

	/** Oldest first; the running step is the last. */
	stats(): NavigationStep[] {
		const running = this.#running();
		return [...this.#past.items.map((step) => ({ ...step })), ...(running ? [running] : [])];
	}

	#running(): NavigationStep | null {
		if (!this.#current) return null;
		const { path, epoch, before } = this.#current;
		const now = countOf(this.registry);
		return {
			path,
			at: iso(epoch),
			connectionsOpened: now.connectionsOpened - before.connectionsOpened,
			messagesSent: now.messagesSent - before.messagesSent,
			messagesReceived: now.messagesReceived - before.messagesReceived,
			bytes: now.bytes - before.bytes,
		};
	}
}

function countOf({ transports, totalConnections }: Registry) {
	const { messagesSent, messagesReceived, bytes } = transports.sum();
	return { connectionsOpened: totalConnections, messagesSent, messagesReceived, bytes };
}
