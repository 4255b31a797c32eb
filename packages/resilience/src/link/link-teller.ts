import { Emitter } from '@linkscope/core';
import { Announcements } from './announcements.js';
import { type LinkEvent, type LinkEventContext, type LinkEventName, LinkEventType } from './link-event.js';
import { canMove, type LinkState } from './link-state.js';

/** The state of a link, and what is told of it and of what happens. */
export class LinkTeller {
	readonly onState = new Emitter<LinkState>();
	readonly onEvent = new Emitter<LinkEvent>();
	readonly #announcements = new Announcements();
	readonly #now: () => Pick<LinkEvent, 'time' | 'reconnectCount'>;
	#state: LinkState = 'DISCONNECTED';

	/** @param now what every event carries beside its own. */
	constructor(now: () => Pick<LinkEvent, 'time' | 'reconnectCount'>) {
		this.#now = now;
	}

	get state(): LinkState {
		return this.#state;
	}

	/** Runs a change of the link; what it tells is told after it. */
	during<T>(change: () => T): T {
		return this.#announcements.during(change);
	}

	move(to: LinkState): void {
		const from = this.#state;
		if (from === to) return;
		if (!canMove(from, to)) throw new Error(`a link cannot go from ${from} to ${to}`);
		this.#state = to;
		this.#announcements.add(() => this.onState.emit(to));
		this.tell(LinkEventType.STATE_CHANGE, { from, to });
	}

	tell(type: LinkEventName, context: LinkEventContext): void {
		const event = { type, ...this.#now(), state: this.#state, context };
		this.#announcements.add(() => this.onEvent.emit(event));
	}
}
