import type { InstrumentationOptions } from './options.js';

/**
 * Says at the call what would otherwise fail at the first connection.
 * @throws TypeError, RangeError naming the option, what was expected and what came.
 */
export function checkTypes({ label, include, exclude, redact, log, limits, clock }: InstrumentationOptions, limitNames: readonly string[]): void {
	ifGiven('label', label, 'a string', (value) => typeof value === 'string');
	ifGiven('include', include, PATTERNS, isPatterns);
	ifGiven('exclude', exclude, PATTERNS, isPatterns);
	ifGiven('redact', redact, 'a function', isFunction);
	ifGiven('log', log, 'true, false or an object', (value) => typeof value === 'boolean' || isObject(value));
	ifGiven('limits', limits, 'an object', isObject);
	ifGiven('clock', clock, 'a clock with now(), epoch() and after()', isClock);
	if (isObject(log)) {
		ifGiven('log.sink', log.sink, 'a function', isFunction);
		mustBeOneOf('log.level', log.level ?? 'debug', ['error', 'info', 'debug']);
	}
	for (const name of Object.keys(limits ?? {})) mustBeOneOf('a name in limits', name, limitNames);
}

/** @throws TypeError */
export function mustBe(name: string, value: unknown, what: string, holds: (value: unknown) => boolean): void {
	if (!holds(value)) throw new TypeError(`${name} must be ${what}, got ${typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : typeOf(value)}`);
}

/** @throws RangeError */
export function mustBeOneOf(name: string, value: unknown, allowed: readonly string[]): void {
	if (!allowed.includes(value as string)) throw new RangeError(`${name} must be one of ${allowed.join(', ')}; got ${String(value).slice(0, 40)}`);
}

export function isFunction(value: unknown): boolean {
	return typeof value === 'function';
}

export function isObject(value: unknown): value is object {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const PATTERNS = 'an array of strings and regular expressions';

function isPatterns(value: unknown): boolean {
	return Array.isArray(value) && value.every((pattern) => typeof pattern === 'string' || pattern instanceof RegExp);
}

function isClock(value: unknown): boolean {
	return isObject(value) && ['now', 'epoch', 'after'].every((name) => isFunction((value as Record<string, unknown>)[name]));
}

function ifGiven(name: string, value: unknown, what: string, holds: (value: unknown) => boolean): void {
	if (value !== undefined && value !== null) mustBe(name, value, what, holds);
}

function typeOf(value: unknown): string {
	return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
}
