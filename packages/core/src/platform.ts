/**
 * The few platform things core needs, as structural types and looked up once.
 * core compiles without DOM or Node types, so it runs wherever ECMAScript 2022 runs.
 */

/** The part of AbortSignal core uses; every platform's own AbortSignal fits. */
export interface AbortSignal {
	readonly aborted: boolean;
	readonly reason?: unknown;
	addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
	removeEventListener(type: 'abort', listener: () => void): void;
}

export interface AbortController {
	readonly signal: AbortSignal;
	abort(reason?: unknown): void;
}

/** The part of a web ReadableStream that the types of core promise. */
export interface ReadableStream<T = unknown> {
	readonly locked: boolean;
	getReader(): { read(): Promise<{ done: boolean; value?: T }>; cancel(reason?: unknown): Promise<void>; releaseLock(): void };
	cancel(reason?: unknown): Promise<void>;
}

/** The part of a web WritableStream that the types of core promise. */
export interface WritableStream<T = unknown> {
	readonly locked: boolean;
	getWriter(): { write(chunk: T): Promise<void>; close(): Promise<void>; abort(reason?: unknown): Promise<void>; releaseLock(): void };
}

interface Platform {
	AbortController: new () => AbortController;
	ReadableStream?: new (source: object, strategy?: object) => ReadableStream<never>;
	WritableStream?: new (sink: object, strategy?: object) => WritableStream<never>;
	TextEncoder: new () => {
		encode(text: string): Uint8Array;
		encodeInto?(text: string, into: Uint8Array): { read: number; written: number };
	};
	Buffer?: { byteLength(text: string): number };
	console?: { error(...data: unknown[]): void };
	process?: { versions?: { node?: string } };
	performance: { now(): number };
	queueMicrotask(fn: () => void): void;
	setTimeout(fn: () => void, ms: number): unknown;
	clearTimeout(timer: unknown): void;
}

export const platform = globalThis as unknown as Platform;
