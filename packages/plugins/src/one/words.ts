/** Strings that are control messages of the channel when they stand alone. */
export const KEEPALIVE = 'keepalive';
export const START_STRING = 'fragmentation_start_string';
export const START_BINARY = 'fragmentation_start_binary';
export const FRAGMENTATION_END = 'fragmentation_end';
export const FRAGMENTATION_WORDS = [START_STRING, START_BINARY, FRAGMENTATION_END];
export const KEEPALIVE_WORDS = [KEEPALIVE];
export const ALL_WORDS = [...FRAGMENTATION_WORDS, ...KEEPALIVE_WORDS];

/** UTF-16 units of the longest text that is not split. */
export const MAX_WHOLE_UNITS = 16_383;

/** A message of the application as it travels: one that begins with a control word has one character more, at its end. */
export function escapeWord(text: string, words: readonly string[]): string {
	return startsWithWord(text, words) ? `${text}x` : text;
}

/** As it was before, for what is not itself a control word. */
export function unescapeWord(text: string, words: readonly string[]): string {
	return startsWithWord(text, words) ? text.slice(0, -1) : text;
}

function startsWithWord(text: string, words: readonly string[]): boolean {
	return words.some((word) => text.startsWith(word));
}
