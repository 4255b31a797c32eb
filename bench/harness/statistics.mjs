/**
 * The value below which a share of the values lies, interpolated between neighbours.
 * @param {readonly number[]} values any order, at least one
 * @param {number} share 0 to 1
 */
export function quantile(values, share) {
	const sorted = [...values].sort((a, b) => a - b);
	const place = (sorted.length - 1) * share;
	const below = sorted[Math.floor(place)];
	const above = sorted[Math.ceil(place)];
	return below + (above - below) * (place - Math.floor(place));
}

/** Median and the middle half of the values: what a disturbed round cannot move. */
export function summarize(values) {
	return { median: quantile(values, 0.5), low: quantile(values, 0.25), high: quantile(values, 0.75) };
}

/** One value a round out of two sides measured in that same round, so that what disturbs both cancels out. */
export function paired(baseline, subject, combine) {
	return baseline.map((value, round) => combine(subject[round], value));
}
