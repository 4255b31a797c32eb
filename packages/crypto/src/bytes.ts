/**
 * Compares secrets, tags and proofs: the time tells the lengths and nothing else, as far as a JavaScript engine allows.
 */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
	if (a.length !== b.length) return false;
	let difference = 0;
	for (let index = 0; index < a.length; index++) difference |= (a[index] as number) ^ (b[index] as number);
	return difference === 0;
}

/**
 * Overwrites secrets. What the language does not allow stays so: copies made by the engine, by a collector that moved them,
 * and text (a key that went through JSON) remain until that memory is used again. docs/threat-model.md
 */
export function wipe(...secrets: Uint8Array[]): void {
	for (const secret of secrets) secret.fill(0);
}

/** @throws RangeError: a key or nonce of the wrong length is a mistake of the calling code. */
export function checkLength(what: string, bytes: Uint8Array, length: number): void {
	if (bytes.length !== length) throw new RangeError(`${what} has ${length} bytes, not ${bytes.length}.`);
}
