import type { Unsubscribe } from '@linkscope/core';
import { replaceProperty } from './replace.js';

// Set only while the bundle of a script tag is evaluated.
const ownScriptUrl = (globalThis as { document?: { currentScript?: { src?: string } | null } }).document?.currentScript?.src;

/**
 * The script to load in every Worker, from the option `workers`; true: this bundle, when a script tag loaded it.
 * @throws TypeError when true cannot know the URL.
 */
export function workerScript(workers: boolean | string | undefined): string | undefined {
	if (workers !== true) return workers || undefined;
	if (!ownScriptUrl) throw new TypeError('workers must name the URL of the script that installs linkscope, as no script tag loaded this copy; got true');
	return ownScriptUrl;
}

/**
 * Has every Worker load a script before its own: the one that installs linkscope there. Opt-in, because it starts
 * workers from a blob: their `self.location` is the blob's, and a content security policy must allow `worker-src blob:`.
 * Workers that are blobs already start as they are, since a page may revoke such a URL at once.
 */
export function patchWorkerConstructor(script: string): Unsubscribe {
	const { Worker: Native } = globalThis;
	if (typeof Native !== 'function') return () => {};
	const proxy: typeof Worker = new Proxy(Native, {
		construct(Class, [url, options, ...rest], newTarget) {
			const wrapper = wrap(new URL(script, document.baseURI).href, String(url), options?.type === 'module');
			const worker = Reflect.construct(Class, [wrapper ?? url, options, ...rest], newTarget === proxy ? Class : newTarget);
			if (wrapper) URL.revokeObjectURL(wrapper);
			return worker;
		},
	});
	const before = Object.getOwnPropertyDescriptor(globalThis, 'Worker');
	return replaceProperty(globalThis, 'Worker', { configurable: before?.configurable, enumerable: before?.enumerable, writable: true, value: proxy });
}

/** A blob that loads both in order; null where the worker has to start as it is. */
function wrap(script: string, url: string, isModule: boolean): string | null {
	if (!URL.canParse(url, document.baseURI)) return null;
	const { href, protocol } = new URL(url, document.baseURI);
	if (protocol === 'blob:' || protocol === 'data:') return null;
	const urls = [script, href].map((one) => JSON.stringify(one));
	const source = isModule ? urls.map((one) => `import ${one};`).join('\n') : `importScripts(${urls});`;
	return URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
}
