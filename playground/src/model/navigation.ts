import { effect } from '@preact/signals';
import type { Unsubscribe } from 'linkscope';
import type { Model } from './model.js';
import { TABS, type Tab } from './selectors.js';

type Place = Pick<Model, 'selectedId' | 'tab'>;

/** Keeps the address and the page's place in step: '#/errors/c12' is the tab and the selected connection. */
export function bindAddress(place: Place, window: Window): Unsubscribe {
	const read = (): void => {
		const [tab, id] = window.location.hash.replace(/^#\/?/, '').split('/');
		place.tab.value = TABS.includes(tab as Tab) ? (tab as Tab) : 'log';
		place.selectedId.value = id || null;
	};
	read();
	const stop = effect(() => {
		const wanted = `#/${place.tab.value}${place.selectedId.value ? `/${place.selectedId.value}` : ''}`;
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
