const LAST_DATE_MS = 8.64e15;

/** ISO 8601 of epoch milliseconds; never throws, because a clock that lies must not break the observer. */
export function iso(epochMs: number): string {
	return new Date(Math.abs(epochMs) <= LAST_DATE_MS ? epochMs : 0).toISOString();
}
