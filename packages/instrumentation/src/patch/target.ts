import { type Clock, systemClock, type Unsubscribe } from '@linkscope/core';
import type { ObservedSocket } from './observed-socket.js';

export interface PatchOptions {
	/** Asked once per socket, with its unredacted URL; by default every socket is observed. */
	observes?(url: string): boolean;
	/** Default: the system's. */
	clock?: Clock;
}

/** Something that is patched (a class, the holder of a global) and those who asked for it. */
export class Target {
	/** False once the last of them has left: what another patcher still holds of ours then only passes on. */
	live = true;
	readonly users: PatchOptions[] = [];

	get clock(): Clock {
		return this.users[0]?.clock ?? systemClock;
	}

	/** Whether anyone wants sockets to this URL. A question that throws counts as no. */
	observes(url: string): boolean {
		return this.users.some((user) => {
			try {
				return user.observes?.(url) ?? true;
			} catch {
				return false;
			}
		});
	}
}

/** What all copies of this package in the realm share, so that two of them do not count one socket twice. */
interface PatchState {
	readonly targets: Map<object, { target: Target; undo: Unsubscribe }>;
	/** null: looked at, and not to be observed. */
	readonly sockets: WeakMap<object, ObservedSocket | null>;
}

const STATE = Symbol.for('@linkscope/instrumentation/patch@1');

export const state: PatchState = (() => {
	const realm = globalThis as unknown as Record<symbol, PatchState | undefined>;
	const existing = realm[STATE];
	if (existing) return existing;
	const created: PatchState = { targets: new Map(), sockets: new WeakMap() };
	Object.defineProperty(realm, STATE, { value: created, configurable: true });
	return created;
})();

/**
 * Patches `key` for one more user: the first has the work done, the last has it undone.
 * @param work does the patching and returns how to undo it.
 */
export function install(key: object, options: PatchOptions, work: (target: Target) => Unsubscribe): Unsubscribe {
	let entry = state.targets.get(key);
	if (!entry) {
		const target = new Target();
		entry = { target, undo: () => {} };
		state.targets.set(key, entry);
		target.users.push(options);
		entry.undo = work(target);
	} else {
		entry.target.users.push(options);
	}
	const installed = entry;
	let gone = false;
	return () => {
		if (gone) return;
		gone = true;
		const { target, undo } = installed;
		target.users.splice(target.users.indexOf(options), 1);
		if (target.users.length > 0) return;
		target.live = false;
		state.targets.delete(key);
		undo();
	};
}
