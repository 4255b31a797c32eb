import { type Clock, systemClock, type Unsubscribe } from '@linkscope/core';
import type { ObservedSocket } from './observed-socket.js';

export interface PatchOptions {
	/** Asked once per socket, with its unredacted URL. Default: what the patch of the global WebSocket observes, or everything. */
	observes?(url: string): boolean;
	/** Default: the system's. */
	clock?: Clock;
}

/** Something that is patched (a class, the holder of a global) and those who asked for it. */
export class Target {
	/** False once the last of them has left: what another patcher still holds of ours then only passes on. */
	live = true;
	readonly users: PatchOptions[] = [];
	/** Sockets it looked at and does not observe. */
	readonly refused = new WeakSet<object>();

	constructor(readonly clock: Clock) {}

	/** Whether anyone wants sockets to this URL. A question that throws counts as no. */
	observes(url: string): boolean {
		return this.users.some((user) => {
			try {
				return user.observes ? user.observes(url) : this.#followsGlobal(url);
			} catch {
				return false;
			}
		});
	}

	#followsGlobal(url: string): boolean {
		const main = globalTarget();
		return !main || main === this || main.observes(url);
	}
}

/** What all copies of this package in the realm share, so that two of them do not count one socket twice. */
interface PatchState {
	readonly targets: Map<object, { target: Target; undo: Unsubscribe }>;
	/** The last record of each; that of an install that is gone stays silent. */
	readonly sockets: WeakMap<object, ObservedSocket>;
	/** Those that have listeners of ours. They stay on, and serve the next install as well. */
	readonly heard: WeakSet<object>;
}

const STATE = Symbol.for('@linkscope/instrumentation/patch@1');

export const state: PatchState = (() => {
	const realm = globalThis as unknown as Record<symbol, PatchState | undefined>;
	const existing = realm[STATE];
	if (existing) return existing;
	const created: PatchState = { targets: new Map(), sockets: new WeakMap(), heard: new WeakSet() };
	Object.defineProperty(realm, STATE, { value: created, configurable: true });
	return created;
})();

function globalTarget(): Target | undefined {
	return state.targets.get(globalThis)?.target;
}

/**
 * Patches `key` for one more user: the first has the work done, the last has it undone.
 * @param work does the patching and returns how to undo it.
 */
export function install(key: object, options: PatchOptions, work: (target: Target) => Unsubscribe): Unsubscribe {
	const known = state.targets.get(key);
	const target = known?.target ?? new Target(options.clock ?? globalTarget()?.clock ?? systemClock);
	target.users.push(options);
	const installed = known ?? { target, undo: work(target) };
	state.targets.set(key, installed);
	let gone = false;
	return () => {
		if (gone) return;
		gone = true;
		target.users.splice(target.users.indexOf(options), 1);
		if (target.users.length > 0) return;
		target.live = false;
		state.targets.delete(key);
		installed.undo();
	};
}
