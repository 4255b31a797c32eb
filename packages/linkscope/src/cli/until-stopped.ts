import type { ProcessLike } from './output.js';

/** Waits for Ctrl-C, or for whoever asks this process to end. */
export function untilStopped(process: ProcessLike): { promise: Promise<'stopped'>; forget(): void } {
	let stop = (): void => {};
	const promise = new Promise<'stopped'>((resolve) => {
		stop = () => resolve('stopped');
	});
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
	return {
		promise,
		forget: () => {
			for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
		},
	};
}
