import { Instrumentation } from './instrumentation.js';

const SLOT = Symbol.for('@linkscope/instrumentation@1');

/** The one instrumentation of this realm, whichever copy of the package made it. */
export function shared(): Instrumentation {
	const realm = globalThis as unknown as Record<symbol, Instrumentation | undefined>;
	let instance = realm[SLOT];
	if (!instance) {
		instance = new Instrumentation();
		Object.defineProperty(realm, SLOT, { value: instance, configurable: true });
	}
	return instance;
}
