import type { InstrumentationOptions, LogOptions } from './options.js';
import type { ConnectionEvent } from './types.js';

const names: Readonly<Record<string, string>> = { websocket: 'WebSocket' };
const realm = globalThis as { console?: { log(line: string): void } };

/**
 * Writes an event as a line of seeds/004, to where the options say, if they say so.
 * @returns what the sink did: it may be a promise.
 */
export function log(event: ConnectionEvent, { log: wanted, label }: InstrumentationOptions): unknown {
	if (!wanted) return;
	const { level = 'debug', ids, sink = (line: string): void => realm.console?.log(line) }: LogOptions = wanted === true ? {} : wanted;
	const line = lineOf(event, level);
	if (line === null) return;
	const id = ids && event.connectionId ? ` (${event.connectionId})` : '';
	return sink((label ? `[${label}] ${line}` : line) + id);
}

function lineOf({ category, event, detail, url, transport }: ConnectionEvent, level: string): string | null {
	const name = names[transport] ?? transport;
	if (event === 'error') return `⚠️ ${name} error: ${url} ${detail}`;
	if (event === 'closed' && (level !== 'error' || !/^100[05]\b/.test(detail))) return `❌ ${name} closed: ${url} ${detail}`;
	if (level === 'error') return null;
	if (category === 'navigation') return `🔄 Navigation to: ${detail}`;
	if (category === 'lifecycle' && event === 'created') return `🌐 ${name} created: ${url}`;
	if (category === 'lifecycle' && event === 'connected') return `✅ ${name} connected: ${url}`;
	if (category !== 'message' || level !== 'debug') return null;
	return `${event === 'sent' ? '📤' : '📨'} ${name} message ${event}${detail && `: ${detail}`}`;
}
