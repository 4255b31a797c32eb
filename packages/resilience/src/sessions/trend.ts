const SAMPLES = 10;
const FEWEST = 3;
const NOTICEABLE = 0.1;

/** Which way the last 10 samples go: the second half against the first, by more than 10 %; fewer than 3 tell nothing. */
export function directionOf(values: readonly number[]): 'UP' | 'STABLE' | 'DOWN' {
	const recent = values.slice(-SAMPLES);
	if (recent.length < FEWEST) return 'STABLE';
	const middle = Math.floor(recent.length / 2);
	const [before, after] = [mean(recent.slice(0, middle)), mean(recent.slice(middle))];
	if (after > before * (1 + NOTICEABLE)) return 'UP';
	return after < before * (1 - NOTICEABLE) ? 'DOWN' : 'STABLE';
}

function mean(values: readonly number[]): number {
	return values.reduce((sum, value) => sum + value, 0) / values.length;
}
