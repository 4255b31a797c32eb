import { type Storage, StoreError } from '@linkscope/plugins';

/**
 * A page has no files: here only to say so.
 * @throws StoreError STORE_UNREADABLE.
 */
export function fileStorage(_folder: string, _options?: object): Storage {
	throw new StoreError('STORE_UNREADABLE', 'fileStorage() needs Node: in a page use indexedDbStorage()');
}
