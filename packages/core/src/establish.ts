import type { Slot } from './chain.js';
import type { Clock } from './clock.js';
import { asError, HandshakeError, LinkscopeError, PluginError, TransportError } from './errors.js';
import type { AbortSignal } from './platform.js';
import type { Wire } from './plugin.js';
import type { Transport, TransportSink } from './transport.js';

/** Opens a transport within a bound. @throws its own error, OPEN_TIMEOUT, or the reason of the signal. */
export async function openTransport(transport: Transport, sink: TransportSink, signal: AbortSignal, clock: Clock, timeoutMs: number): Promise<void> {
	let cancelTimer = (): void => {};
	const ended = new Promise<never>((_, reject) => {
		signal.addEventListener('abort', () => reject(signal.reason), { once: true });
		cancelTimer = clock.after(timeoutMs, () => {
			reject(new TransportError('OPEN_TIMEOUT', `${transport.kind}: no connection to ${withoutSecrets(transport.remote)} within ${timeoutMs} ms`));
		});
	});
	try {
		await Promise.race([ended, (async () => transport.open(sink, signal))()]);
	} finally {
		cancelTimer();
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
