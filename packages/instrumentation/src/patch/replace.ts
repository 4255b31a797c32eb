import type { Unsubscribe } from '@linkscope/core';

type AnyFunction = (this: object, ...args: never[]) => unknown;

/**
 * Sets a property of something foreign and keeps what was there.
 * A frozen holder is left as it is, without a throw.
 * @returns restores the saved descriptor, but only while the property is still ours: a later patcher keeps its place.
 */
export function replaceProperty(holder: object, key: PropertyKey, next: PropertyDescriptor): Unsubscribe {
	const before = Object.getOwnPropertyDescriptor(holder, key);
	if (!Reflect.defineProperty(holder, key, next)) return () => {};
	return () => {
		const now = Object.getOwnPropertyDescriptor(holder, key);
		if (!now || now.value !== next.value || now.get !== next.get || now.set !== next.set) return;
		if (before) Reflect.defineProperty(holder, key, before);
		else Reflect.deleteProperty(holder, key);
	};
}

/**
 * Replaces a method, inherited ones too (as an own property as visible as the inherited one). No such method: nothing happens.
 * @param wrap gets the method as it is now, for its looks, and what finds the one to call: an inherited one anew each time,
 * because others may replace it after us where it lives (zone.js and Sentry do, on EventTarget).
 */
export function replaceMethod(holder: object, key: string, wrap: (original: AnyFunction, find: () => AnyFunction) => AnyFunction): Unsubscribe {
	const owner = ownerOf(holder, key);
	const descriptor = owner && Object.getOwnPropertyDescriptor(owner, key);
	const original = descriptor?.value;
	if (typeof original !== 'function') return () => {};
	const find = owner === holder ? () => original : () => Object.getPrototypeOf(holder)[key];
	return replaceProperty(holder, key, { ...descriptor, value: wrap(original, find) });
}

/** Replaces the setter of an accessor. */
export function replaceSetter(holder: object, key: string, wrap: (original: AnyFunction) => AnyFunction): Unsubscribe {
	const descriptor = Object.getOwnPropertyDescriptor(holder, key);
	if (!descriptor?.set) return () => {};
	return replaceProperty(holder, key, { ...descriptor, set: wrap(descriptor.set as AnyFunction) as (value: unknown) => void });
}

/** Whether all of these can be replaced: nothing of a frozen holder can (SES freezes everything). */
export function replaceable(holder: object, keys: readonly string[]): boolean {
	return keys.every((key) => Object.getOwnPropertyDescriptor(holder, key)?.configurable ?? Object.isExtensible(holder));
}

export function undoAll(undos: readonly Unsubscribe[]): Unsubscribe {
	return () => {
		for (const undo of [...undos].reverse()) undo();
	};
}

/** The object in the prototype chain that has the property as its own. */
export function ownerOf(holder: object, key: string): object | null {
	let owner: object | null = holder;
	while (owner && !Object.hasOwn(owner, key)) owner = Object.getPrototypeOf(owner);
	return owner;
}
