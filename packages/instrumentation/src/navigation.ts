import type { Unsubscribe } from '@linkscope/core';
import { ownerOf, replaceMethod, undoAll } from './patch/replace.js';

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
	let active = true;
	const check = (): void => {
		const path = pathOf(page.location as Location);
		// Who patched after us may still hold what we put in place.
		if (path === last || !active) return;
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
	else
		for (const name of ['pushState', 'replaceState'])
			undo.push(replaceMethod(ownerOf(page.history, name) ?? page.history, name, (original) => thenCall(check, original)));
	undo.push(() => {
		active = false;
	});
	return undoAll(undo);
}

/** The path, or that of a hash router; query and other fragments may hold secrets. */
function pathOf({ pathname, hash }: { pathname: string; hash: string }): string {
	return (/^#!?\//.test(hash) ? hash : pathname).replace(/[?&=].*/s, '');
}

/** The method with a call after it; a Proxy, so that nothing else about it changes. */
function thenCall<Method extends (...args: never[]) => unknown>(then: () => void, method: Method): Method {
	return new Proxy(method, {
		apply(original, self, args) {
			Reflect.apply(original, self, args);
			then();
		},
	});
}
