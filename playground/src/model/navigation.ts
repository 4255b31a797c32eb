import { effect } from '@preact/signals';
import type { Unsubscribe } from 'linkscope';
import type { Model } from './model.js';
import { TABS, type Tab, type View } from './selectors.js';

type Place = Pick<Model, 'view' | 'selectedId' | 'tab'>;

/** '#/errors/c12' is the tab and the selected connection, '#/invite/errors/c12' the same beneath the invite. */
export function addressOf(view: View, tab: Tab, selectedId: string | null): string {
	return `#/${view === 'invite' ? 'invite/' : ''}${tab}${selectedId ? `/${selectedId}` : ''}`;
}

/**
 * Keeps the address and the page's place in step.
 * @param opened gets the link of an invite that the page was opened with; the address and the history hold it no longer then.
 */
export function bindAddress(place: Place, window: Window, opened: (link: string) => void): Unsubscribe {
	const read = (): void => {
		if (isInvite(window.location.hash)) {
			const link = window.location.href;
			window.history.replaceState(null, '', addressOf('invite', place.tab.value, null));
			opened(link);
		}
		const parts = window.location.hash.replace(/^#\/?/, '').split('/');
		place.view.value = parts[0] === 'invite' ? 'invite' : 'connections';
		const [tab, id] = place.view.value === 'invite' ? parts.slice(1) : parts;
		place.tab.value = TABS.includes(tab as Tab) ? (tab as Tab) : 'log';
		place.selectedId.value = id || null;
	};
	read();
	const stop = effect(() => {
		const wanted = addressOf(place.view.value, place.tab.value, place.selectedId.value);
		if (window.location.hash !== wanted) window.history.pushState(null, '', wanted);
	});
	window.addEventListener('popstate', read);
	window.addEventListener('hashchange', read);
	return () => {
		stop();
		window.removeEventListener('popstate', read);
		window.removeEventListener('hashchange', read);
	};
}

/** The page's own places begin with '#/', and what an invite puts behind the '#' never does. One that was cut counts too: it may hold a secret all the same. */
function isInvite(hash: string): boolean {
	return hash.length > 1 && !hash.startsWith('#/');
}
