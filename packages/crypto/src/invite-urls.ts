// Schemes under which a browser runs or shows what the address itself holds.
const EXECUTING = new Set(['javascript:', 'data:', 'vbscript:', 'blob:', 'file:', 'about:', 'view-source:']);
// The URL parser drops or trims these, so that what a person reads would not be what is dialled.
const INVISIBLE = /[\s\p{Cc}\p{Cf}]/u;

/**
 * @returns the address as it is dialled, null for what is no ws: or wss: address, or carries a user, a password or a fragment.
 */
export function dialableUrl(text: string): string | null {
	const url = parse(text);
	if (url === null || (url.protocol !== 'ws:' && url.protocol !== 'wss:') || url.hash !== '' || text.includes('#')) return null;
	return url.href;
}

/** @throws TypeError where an invite must not be put behind a '#' here. */
export function checkPrefix(prefix: string): void {
	if (!isPrefix(prefix)) throw new TypeError('prefix must be an absolute URL without user, password and fragment, such as https://example.org/invite');
}

export function isPrefix(text: string): boolean {
	const url = parse(text);
	return url !== null && !EXECUTING.has(url.protocol) && !text.includes('#');
}

/** null for what is no absolute URL, or hides something. */
function parse(text: string): URL | null {
	if (typeof text !== 'string' || INVISIBLE.test(text)) return null;
	try {
		const url = new URL(text);
		return url.username === '' && url.password === '' ? url : null;
	} catch {
		return null;
	}
}
