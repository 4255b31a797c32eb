import type { InstrumentationOptions } from './options.js';

/** Whether a URL is to be observed at all. */
export function isObserved({ include, exclude }: InstrumentationOptions, url: string): boolean {
	const matches = (patterns: readonly (string | RegExp)[] | undefined) =>
		// search() ignores lastIndex, so a global expression keeps no state between URLs.
		patterns?.some((pattern) => (typeof pattern === 'string' ? url.includes(pattern) : url.search(pattern) >= 0));
	return matches(exclude) !== true && matches(include) !== false;
}

/** A number from 0 to 1 that is the same for the same id, so that a recording replays (FNV-1a, then mixed). */
export function shareOf(id: string): number {
	let hash = 0x811c9dc5;
	for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
	hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
	return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

/** What an application's own `redact` makes of a URL. */
export function rewritten({ redact }: InstrumentationOptions, url: string): string {
	try {
		return String(redact?.(url) ?? url);
	} catch {
		// A redact that throws must not let the connection go unseen; the floor is redacted in any case.
		return url;
	}
}
