import { SessionError } from '../session-error.js';

/**
 * Makes a database in IndexedDB this page's own: the embedded database does not notice a second page.
 * @returns how to give it back.
 * @throws SessionError SESSION_STORE_IN_USE
 */
export function lockForPage(where: string): Promise<() => Promise<void>> {
	if (where.startsWith('memory://')) return Promise.resolve(async () => {});
	return new Promise((resolve, reject) => {
		const released = navigator.locks.request(`linkscope sessions ${where}`, { ifAvailable: true }, (lock) => {
			if (lock) {
				return new Promise<void>((release) => {
					resolve(async () => {
						release();
						await released;
					});
				});
			}
			throw new SessionError('SESSION_STORE_IN_USE', `another page keeps its sessions in ${where}: give each page a database of its own`);
		});
		released.catch(reject);
	});
}
