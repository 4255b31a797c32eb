import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';

/** Where what had the focus is gone after a change, the keyboard goes on here. */
export function useKeptFocus(element: RefObject<HTMLElement | null>, change: unknown): void {
	useEffect(() => {
		if (document.activeElement === document.body) element.current?.focus();
	}, [change]);
}
