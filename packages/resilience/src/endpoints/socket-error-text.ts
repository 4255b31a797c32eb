import { getSystemErrorMap } from 'node:util';
import { oneLine } from './one-line.js';

/** As seeds/002 shows it: '[Errno 111] Connection refused'. */
export function socketErrorText(error: Error): string {
	// Of several addresses that were tried, the first stands for all.
	const first = error instanceof AggregateError ? (error.errors[0] as Error) : error;
	const { errno } = first as { errno?: unknown };
	const known = typeof errno === 'number' ? getSystemErrorMap().get(errno) : undefined;
	if (!known) return oneLine(first.message);
	const [, text] = known;
	return `[Errno ${-(errno as number)}] ${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
