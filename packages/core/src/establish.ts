import type { Slot } from './chain.js';
import type { Clock } from './clock.js';
import { asError, HandshakeError, LinkscopeError, PluginError, TransportError } from './errors.js';
import type { AbortSignal } from './platform.js';
import type { Wire } from './plugin.js';
import { type ConnectionState, canTransition } from './state.js';
import type { Transport, TransportSink } from './transport.js';

/** Opens a transport within a bound. @throws its own error, OPEN_TIMEOUT, or the reason of the signal. */
export async function openTransport(transport: Transport, sink: TransportSink, signal: AbortSignal, clock: Clock, timeoutMs: number): Promise<void> {
	let cancelTimer = (): void => {};
	let abort = (): void => {};
	const ended = new Promise<never>((_, reject) => {
		abort = () => reject(signal.reason);
		signal.addEventListener('abort', abort, { once: true });
		cancelTimer = clock.after(timeoutMs, () => {
			reject(new TransportError('OPEN_TIMEOUT', `${transport.kind}: no connection to ${withoutSecrets(transport.remote)} within ${timeoutMs} ms`));
		});
	});
	try {
		await Promise.race([ended, (async () => transport.open(sink, signal))()]);
	} finally {
		cancelTimer();
		// The signal lives as long as the connection, and would keep all of this.
		signal.removeEventListener('abort', abort);
	}
}

/** @throws PluginError PLUGIN_NEEDS where the transport lacks what a plugin is built on. */
export function checkNeeds({ features, kind }: Transport, slots: readonly Slot[]): void {
	for (const { plugin } of slots) {
		for (const need of ['ordered', 'reliable'] as const) {
			if (plugin.needs?.[need] && !features[need]) {
				throw new PluginError('PLUGIN_NEEDS', `${plugin.name} needs a transport that is ${need}, and ${kind} is not`);
			}
		}
	}
}

/** Said before anything is dialled. @throws PluginError PLUGIN_ORDER where the lifecycle cannot run through the phases of the plugins as they stand. */
export function checkPhases(slots: readonly Slot[]): void {
	let state: ConnectionState = 'CONNECTED';
	for (const { plugin } of slots) {
		if (!plugin.phase) continue;
		if (!canTransition(state, plugin.phase[0]))
			throw phaseError(
				state,
				plugin.phase[0],
				slots.map((slot) => slot.plugin.name),
			);
		state = plugin.phase[1];
	}
}

export function phaseError(from: ConnectionState, to: ConnectionState, names: readonly string[]): PluginError {
	return new PluginError('PLUGIN_ORDER', `the lifecycle cannot go from ${from} to ${to}: check the order of the plugins (${names.join(', ')})`);
}

/** Runs the handshake of one place in the chain; what fails carries a code. */
export async function runHandshake({ plugin, handshake }: Slot): Promise<void> {
	if (!handshake) return;
	try {
		await handshake.run(async (wire: Wire) => plugin.handshake?.(wire));
	} catch (error) {
		if (error instanceof LinkscopeError) throw error;
		throw new HandshakeError('HANDSHAKE_FAILED', `${plugin.name}: ${asError(error).message}`, { cause: error });
	}
}

/** Scheme, host and path of a URL for an error text; credentials, query and fragment stay out of it. */
function withoutSecrets(remote: string): string {
	return remote.replace(/\/\/[^/@]*@/, '//').replace(/[?#].*$/s, '');
}
