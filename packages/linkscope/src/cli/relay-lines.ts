/** A line of a relay's log as a person reads it. @returns null for what is no such line. */
export function relayLine(text: string): { time: number; line: string } | null {
	let entry: Record<string, unknown>;
	try {
		entry = JSON.parse(text);
	} catch {
		return null;
	}
	const { at, level, event, ...more } = entry;
	const fields = Object.entries(more).map(([name, value]) => `${name} ${withoutLength(String(value))}`);
	const mark = level === 'info' ? '' : '⚠️ ';
	return { time: Date.parse(String(at)), line: `${mark}${[event, fields.join(', ')].filter(Boolean).join(': ')}` };
}

/** The beginning of a fingerprint tells one of three parties from the others. */
function withoutLength(value: string): string {
	return value.replace(/^(?:linkscope:|one:)?(\w{4}-\w{4})(?:-\w{4}){6}$/, '$1…');
}
