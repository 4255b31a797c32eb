/** Control and format characters (line ends, escape sequences, bidi marks), lone surrogates. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const CREDENTIALS = /:\/\/[^/\s@]*@/g;
const QUERY = /(:\/\/[^\s?#]*)[?#]\S*/g;
const LONGEST = 4_096;

/** Text of a peer or an error, fit for one line of a log: no control characters, no secrets of URLs, cut to `maxLength` characters. */
export function oneLine(text: string, maxLength = 200): string {
	const safe = text.slice(0, LONGEST).replace(CREDENTIALS, '://').replace(QUERY, '$1?…').replace(UNSAFE, escaped);
	return safe.length > maxLength ? `${safe.slice(0, maxLength - 1)}…` : safe;
}

function escaped(character: string): string {
	return `\\u{${(character.codePointAt(0) as number).toString(16)}}`;
}

/** A wait, as the log tells it. */
export function seconds(ms: number): string {
	return `${Math.round(ms / 1_000)}s`;
}
