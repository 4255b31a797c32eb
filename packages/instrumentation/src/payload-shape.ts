import { byteLength, type Payload } from '@linkscope/core';
import { clean } from './text.js';

const MAX_KEYS = 20;
const MAX_DEPTH = 4;
/** Longer texts are not parsed: their size says enough. */
const MAX_PARSED_CHARS = 64 * 1024;

/** What a payload mode lets be seen of a message. */
export function showPayload(payload: Payload, mode: 'none' | 'size' | 'shape' | 'full'): string {
	const size = `${byteLength(payload)} bytes`;
	if (mode === 'none') return '';
	if (mode === 'size') return size;
	if (typeof payload !== 'string') return `binary ${size}`;
	return mode === 'full' ? clean(payload) : clean(shapeOfText(payload) ?? `text ${size}`);
}

function shapeOfText(text: string): string | null {
	if (text.length > MAX_PARSED_CHARS || !/^\s*[[{]/.test(text)) return null;
	try {
		return shapeOf(JSON.parse(text), MAX_DEPTH);
	} catch {
		return null;
	}
}

/** Keys and types, never values: `{type: string, items: [{id: number}, 3]}`. */
function shapeOf(value: unknown, depth: number): string {
	if (value === null) return 'null';
	if (typeof value !== 'object') return typeof value;
	if (depth === 0) return '…';
	if (Array.isArray(value)) return value.length === 0 ? '[]' : `[${shapeOf(value[0], depth - 1)}, ${value.length}]`;
	const keys = Object.keys(value);
	const shown = keys.slice(0, MAX_KEYS).map((key) => `${key}: ${shapeOf((value as Record<string, unknown>)[key], depth - 1)}`);
	return `{${shown.join(', ')}${keys.length > MAX_KEYS ? ', …' : ''}}`;
}
