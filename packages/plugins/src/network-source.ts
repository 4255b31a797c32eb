import type { Unsubscribe } from '@linkscope/core';

/** Whether there is a network, and of which kind where the platform tells ('wifi', 'cellular', '4g', …). */
export interface NetworkStatus {
	online: boolean;
	connectionType?: string;
}

/** Where a monitor looks. */
export interface NetworkSource {
	read(): NetworkStatus;
	/** Calls `changed` when the platform says so; without it, `read` is polled alone. */
	watch?(changed: () => void): Unsubscribe;
}

type NodeOs = { networkInterfaces(): Record<string, { address: string; internal: boolean }[] | undefined> };

interface BrowserConnection extends Partial<EventTarget> {
	readonly type?: string;
	readonly effectiveType?: string;
}

/** The platform's own source; undefined where it tells nothing about the network. */
export function platformSource(): NetworkSource | undefined {
	const { navigator } = globalThis as { navigator?: Partial<Navigator> & { connection?: BrowserConnection } };
	if (typeof navigator?.onLine === 'boolean') return browserSource(navigator as { onLine: boolean; connection?: BrowserConnection });
	// Asked for at run time, so that a bundle for browsers holds no import of it (Node 20.16, 22.3 and later).
	const getBuiltin = (globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } }).process?.getBuiltinModule;
	const os = getBuiltin?.('node:os') as NodeOs | undefined;
	return os && interfaceSource(() => os.networkInterfaces());
}

/** Online and offline events, and `navigator.connection` where there is one (chromium). */
function browserSource(navigator: { readonly onLine: boolean; readonly connection?: BrowserConnection }): NetworkSource {
	return {
		read() {
			const { connection } = navigator;
			return { online: navigator.onLine, connectionType: connection?.type ?? connection?.effectiveType };
		},
		watch(changed) {
			const { connection } = navigator;
			globalThis.addEventListener('online', changed);
			globalThis.addEventListener('offline', changed);
			connection?.addEventListener?.('change', changed);
			return () => {
				globalThis.removeEventListener('online', changed);
				globalThis.removeEventListener('offline', changed);
				connection?.removeEventListener?.('change', changed);
			};
		},
	};
}

/**
 * Interfaces that lead out of this machine. A machine that never had one (a container with loopback alone) counts as
 * online: only the loss of what was there is news.
 */
export function interfaceSource(interfaces: () => Record<string, { internal: boolean }[] | undefined>): NetworkSource {
	let hadOne = false;
	return {
		read() {
			const leadsOut = Object.values(interfaces()).some((addresses) => addresses?.some((address) => !address.internal));
			hadOne ||= leadsOut;
			return { online: leadsOut || !hadOne };
		},
	};
}
