import type { Slot } from './chain.js';
import { asError } from './errors.js';
import type { Plugin } from './plugin.js';
import type { CloseInfo } from './transport.js';

/** Before this side closes: what plugins hold for the peer leaves, application to wire. One that throws stops no other. */
export async function flushPlugins(slots: readonly Slot[], report: (error: Error) => void): Promise<void> {
	for (const { plugin } of [...slots].reverse()) {
		try {
			await plugin.closing?.();
		} catch (error) {
			report(asError(error));
		}
	}
}

/**
 * After the wire ended: what plugins hold for the application is delivered, wire to application.
 * @returns undefined where nobody holds anything, so that the end is not put off.
 */
export function endPlugins(slots: readonly Slot[], info: CloseInfo, fault: (plugin: Plugin, error: unknown) => void): Promise<void> | undefined {
	for (const [index, { plugin }] of slots.entries()) {
		try {
			const rest = plugin.ending?.(info);
			if (rest) return rest.catch((error) => fault(plugin, error)).then(() => endPlugins(slots.slice(index + 1), info, fault));
		} catch (error) {
			fault(plugin, error);
		}
	}
	return undefined;
}
