/** Checks of numeric options: one message shape for every option of every package. */

/**
 * @throws RangeError naming the option, what was expected and what came.
 * @returns the value, or the fallback where it is undefined.
 */
export function numberOption(name: string, value: unknown, fallback: number, min = 0, max = Number.MAX_SAFE_INTEGER): number {
	if (value === undefined) return fallback;
	if (typeof value !== 'number' || Number.isNaN(value) || value < min || value > max) {
		throw new RangeError(`${name} must be a number from ${min} to ${max}, got ${describe(value)}`);
	}
	return value;
}

/** The same for whole numbers. */
export function integerOption(name: string, value: unknown, fallback: number, min = 0, max = Number.MAX_SAFE_INTEGER): number {
	const checked = numberOption(name, value, fallback, min, max);
	if (!Number.isInteger(checked) && checked !== Number.POSITIVE_INFINITY) {
		throw new RangeError(`${name} must be a whole number from ${min} to ${max}, got ${describe(value)}`);
	}
	return checked;
}

function describe(value: unknown): string {
	return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
}
