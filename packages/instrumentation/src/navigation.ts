import type { Unsubscribe } from '@linkscope/core';

interface Page {
	location?: { pathname: string; hash: string };
	history?: History;
	navigation?: EventTarget;
	addEventListener?: EventTarget['addEventListener'];
	removeEventListener?: EventTarget['removeEventListener'];
}

/**
 * Tells each new path of a page; elsewhere it does nothing. Where the Navigation API tells of every step nothing is patched;
 * elsewhere pushState and replaceState are, and given back as they were unless someone patched them after us.
 */
export function watchNavigation(moved: (path: string) => void, page = globalThis as unknown as Page): Unsubscribe {
	// A worker has a location too, but goes nowhere.
	if (!page.location || !page.history) return () => {};
	let last = pathOf(page.location);
	const check = (): void => {
		const path = pathOf(page.location as Location);
		if (path === last) return;
		last = path;
		moved(path);
	};
	moved(last);
	const undo: Unsubscribe[] = [];
	const listen = (target: Pick<Page, 'addEventListener' | 'removeEventListener'>, type: string): void => {
		target.addEventListener?.(type, check);
		undo.push(() => target.removeEventListener?.(type, check));
	};
	listen(page, 'popstate');
	listen(page, 'hashchange');
	if (page.navigation) listen(page.navigation, 'currententrychange');
	else for (const name of ['pushState', 'replaceState'] as const) undo.push(after(page.history, name, check));
	return () => {
		for (const restore of undo) restore();
	};
}

/** The path, or that of a hash router; query and other fragments may hold secrets. */
function pathOf({ pathname, hash }: { pathname: string; hash: string }): string {
	return (/^#!?\//.test(hash) ? hash : pathname).replace(/[?&=].*/s, '');
}

/** Calls `then` after each call of a method, and changes nothing else about it. */
function after<Name extends 'pushState' | 'replaceState'>(owner: History, name: Name, then: () => void): Unsubscribe {
	const own = Object.getOwnPropertyDescriptor(owner, name);
	const original = owner[name];
	let active = true;
	const patched = {
		[name](this: History, ...args: Parameters<History[Name]>): void {
			original.apply(this, args);
			if (active) then();
		},
	}[name] as History[Name];
	try {
		Object.defineProperty(patched, 'length', { value: original.length });
		Object.defineProperty(owner, name, { value: patched, configurable: true, writable: true, enumerable: own?.enumerable ?? false });
	} catch {
		// A frozen history: its steps go unseen.
	}
	return () => {
		active = false;
		if (owner[name] !== patched) return;
		if (own) Object.defineProperty(owner, name, own);
		else delete (owner as Partial<History>)[name];
	};
}
