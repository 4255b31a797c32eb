import { redactUrl } from './text.js';

/** Headers, to the end of their line; `"authorization": "Bearer …"` too. */
const HEADERS = /\b((?:authorization|cookie)["']?\s*[:=]).*/gi;
/** What is said to be a secret. The bound keeps the search linear. */
const NAMED = /\b(bearer\s+(?!token\b)|[\w-]{0,20}(?:token|password|passwd|secret|api.?key)=)[^\s&;,]+/gi;
/** Credentials that may hold white space; a port is none. */
const CREDENTIALS = /([a-z][\w+.-]{0,20}:[\\/]{2,})[^\s\\/?#@:[]{0,100}:(?!\d{0,5}(?:[\s\\/?#]|$)|\s)[^@]{1,100}@/gi;
const SCHEME = /[a-z][\w+.-]{0,20}:[\\/]{2}/i;
/** A word that is an address, or has the parts of one that may hold a secret. */
const ADDRESS = /:[\\/]{2}|..@.|\?.|#[^#=]*=/;
/** Optional chaining, as engines quote it; the names have no digits, and tokens have. */
const CODE = /^[("'`]*[a-z_$][\w$]{0,40}(?:\??\.[a-z_$]{1,32}){1,8}[)("'`,;:.]*$/i;

/**
 * Text of an error or a peer without what should not be shown: addresses in any form that parsers take are redacted, and more
 * than that where it is not clear. Takes time that grows with the length of the text only.
 * @param rewrite an application's own redaction of a URL.
 */
export function withoutSecrets(text: string, rewrite: (url: string) => string): string {
	if (!/[@?#:=\s]/.test(text)) return text;
	return text
		.replace(HEADERS, '$1 …')
		.replace(NAMED, '$1…')
		.replace(CREDENTIALS, '$1')
		.replace(/\S+/g, (word) => {
			if (!ADDRESS.test(word) || CODE.test(word)) return word;
			const start = Math.max(word.search(SCHEME), 0);
			return redactUrl(word.slice(0, start)) + redactUrl(rewrite(word.slice(start)));
		});
}
