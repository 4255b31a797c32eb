const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** '971 B', '81.2 kB': powers of 1000. */
export function bytes(count: number): string {
	let value = count;
	let unit = 0;
	for (; value >= 999.5 && unit < UNITS.length - 1; unit++) value /= 1000;
	return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** '0.4 ms', '12 ms', '1.2 s', '3 min'; a dash for null. */
export function duration(ms: number | null): string {
	if (ms === null) return '–';
	if (ms < 10) return `${ms.toFixed(1)} ms`;
	if (ms < 1000) return `${Math.round(ms)} ms`;
	if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
	const minutes = Math.floor(ms / 60_000);
	return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** '10,000', or with its noun '1 message', '2 messages'. */
export function count(value: number, noun?: string): string {
	const number = Math.round(value).toLocaleString('en');
	return noun ? `${number} ${noun}${number === '1' ? '' : 's'}` : number;
}

export function percent(share: number): string {
	return `${(share * 100).toFixed(share === 1 || share === 0 ? 0 : 1)} %`;
}

/** '12:04:31' in local time. */
export function timeOfDay(at: string | number): string {
	return new Date(at).toLocaleTimeString('en-GB');
}
