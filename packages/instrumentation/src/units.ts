/** '99,999', then '123k', '1.2M': at most six characters below 10^15, so that a column never cuts a number. */
export function compact(value: number): string {
	if (value < 100_000) return number(value);
	const steps = ['k', 'M', 'G', 'T'];
	let short = value / 1000;
	let step = 0;
	for (; short >= 999.5 && step < steps.length - 1; step++) short /= 1000;
	return `${short < 9.95 ? short.toFixed(1) : Math.round(short)}${steps[step]}`;
}

/** '971 B', '81.2 kB', '1.5 MB': powers of 1000. */
export function bytes(count: number): string {
	const steps = ['B', 'kB', 'MB', 'GB', 'TB'];
	let value = count;
	let step = 0;
	for (; value >= 999.95 && step < steps.length - 1; step++) value /= 1000;
	return `${step === 0 ? value : value.toFixed(1)} ${steps[step]}`;
}

/** '12 ms', '1.2 s', '5 min 3 s', '2 h 5 min'. */
export function duration(ms: number | null): string {
	if (ms === null) return '-';
	if (ms < 1000) return `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`;
	const seconds = ms / 1000;
	if (seconds < 60) return `${seconds.toFixed(1)} s`;
	const minutes = Math.floor(seconds / 60);
	return minutes < 60 ? `${minutes} min ${Math.floor(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** '10,000'. */
export function number(value: number): string {
	return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}
