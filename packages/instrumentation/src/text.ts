/** Control and format characters (bidi marks, escape sequences, line ends), lone surrogates, private use. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;
const PLAIN = /^[ -~]*$/;
/** A URL inside a text; the bound on the scheme keeps the search linear. */
const URLS = /[a-z][\w+.-]{0,20}:\/\/\S*/gi;
/** Half an address, where a text was cut. */
const LAST_ADDRESS = /[a-z][\w+.-]{0,20}:\S*$/i;
const LONGEST = 4096;

/**
 * Text of others, made fit to be shown on one line: URLs inside it redacted, control and bidi characters escaped, cut.
 * The result shares no memory with a long original.
 * @param redact what else than URLs goes; of a text of at most 4096 characters.
 */
export function clean(text: unknown, maxLength = 200, redact = withoutUrls): string {
	let shown = textOf(text);
	// Redacted before it is cut, or half a URL would show half a password; a bound first, because a text may be megabytes long.
	if (shown.length > LONGEST) shown = shown.slice(0, LONGEST).replace(LAST_ADDRESS, '');
	shown = cut(redact(shown), maxLength);
	if (PLAIN.test(shown)) return shown;
	const escaped = shown.replace(UNSAFE, (character) => `\\u{${(character.codePointAt(0) as number).toString(16)}}`);
	return cut(escaped, maxLength);
}

function withoutUrls(text: string): string {
	return text.includes('://') ? text.replace(URLS, redactUrl) : text;
}

function textOf(value: unknown): string {
	try {
		return String(value);
	} catch {
		// Not everything can be a text: Object.create(null), a toString that throws.
		return `[${typeof value}]`;
	}
}

/** At most `maxLength` UTF-16 units, the last of them an ellipsis where something was cut. */
export function cut(text: string, maxLength: number): string {
	return text.length > maxLength ? `${copy(text.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, ''))}…` : text;
}

/**
 * A URL as it may be recorded: no credentials, no query values (names of keys stay), no fragment.
 * Text that is no URL loses everything up to its last '@' the same way.
 */
export function redactUrl(url: string): string {
	if (!/[@?#]/.test(url)) return url.replace(/^(\w+:\/\/[^/]+)\/$/, '$1');
	// Bounded only now, because a cut may divide credentials.
	const bare = (url.includes('@') ? withoutCredentials(url) : url).slice(0, LONGEST);
	const [, address = '', query] = /^([^?#]*)(?:\?([^#]*))?/.exec(bare) as unknown as string[];
	return copy(query === undefined ? address : `${address}?${query.split('&').map(keyOf).join('&')}`);
}

function withoutCredentials(url: string): string {
	try {
		// The platform's parser knows what it takes for credentials (backslashes, missing slashes, white space).
		const { protocol, host, pathname, search } = new URL(url);
		if (host) return `${protocol}//${host}${pathname}${search}`;
	} catch {
		// Not a URL: whatever stands before the last '@' may be one half of a password.
	}
	return url.replace(/^(\s*[a-z][\w+.-]*:[\\/]*)?.*@/is, '$1');
}

// A part without '=' may be a token as well as a name, and so may a very long name.
function keyOf(part: string): string {
	const end = part.indexOf('=');
	return end > 0 && end <= 40 ? `${part.slice(0, end)}=…` : '…';
}

// A slice keeps its whole parent alive in V8; joined characters do not.
function copy(text: string): string {
	return [...text].join('');
}
