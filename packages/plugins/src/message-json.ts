/** A JSON message with a type, as `nextJson` and `request` exchange them. */
export interface TypedMessage {
	readonly type: string;
	readonly [key: string]: unknown;
}

/**
 * Parses JSON of the peer. A key named __proto__ is left out, at every depth: copied with Object.assign or a spread
 * into another object's key it would change that object's prototype.
 * @returns undefined where the text is no JSON.
 */
export function parseJson(text: string): unknown {
	// The key may also be written with escapes; without either there is nothing to look for.
	const isSuspect = text.includes('__proto__') || text.includes('\\u');
	try {
		return isSuspect ? JSON.parse(text, (key, value) => (key === '__proto__' ? undefined : value)) : JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** An object whose `type` is a string. */
export function isTypedMessage(value: unknown): value is TypedMessage {
	return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}
