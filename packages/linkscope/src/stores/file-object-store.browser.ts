import { type ObjectStore, StoreError } from '@linkscope/plugins';

/**
 * A page has no files: here only to say so.
 * @throws StoreError STORE_UNREADABLE.
 */
export function fileObjectStore(_folder: string, _options?: object): ObjectStore {
	throw new StoreError('STORE_UNREADABLE', 'fileObjectStore() needs Node: in a page use indexedDbObjectStore()');
}
