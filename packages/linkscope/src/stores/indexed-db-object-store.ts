import { type Clock, systemClock } from '@linkscope/core';
import { checkObject, cursorAt, newStoreName, type ObjectStore, positionOf, type StoredObject } from '@linkscope/plugins';
import { openDatabase, type StoreCode, storeError } from './indexed-db.js';

const OBJECTS = 'objects';
const ARRIVALS = 'arrivals';
const ABOUT = 'about';

interface Arrival {
	readonly id: string;
	readonly size: number;
}

/**
 * Keeps objects in a browser's IndexedDB, where all tabs of an origin share them. Browsers may clear it when space is short: ask for
 * `navigator.storage.persist()` where that matters.
 * @param name of the database.
 */
export function indexedDbObjectStore(name = 'linkscope-objects', options: { clock?: Clock } = {}): ObjectStore {
	if (typeof name !== 'string' || name === '') throw new TypeError('name must be the name of a database');
	const objects = new ObjectDatabase(name, options.clock ?? systemClock);
	return {
		async size(id) {
			return (await objects.read<Arrival | undefined>((transaction) => transaction.objectStore(ARRIVALS).index('id').get(id)))?.size ?? null;
		},
		async get(id) {
			return (await objects.read<Uint8Array | undefined>((transaction) => transaction.objectStore(OBJECTS).get(id))) ?? null;
		},
		put: (bytes, given) => objects.put(checkObject(bytes, given), bytes),
		list: (after, limit) => objects.list(after, limit),
	};
}

class ObjectDatabase {
	readonly #name: string;
	readonly #clock: Clock;
	/** Kept open, because objects come by the thousand; given up for a tab that deletes or upgrades it. */
	#open: Promise<IDBDatabase> | null = null;

	constructor(name: string, clock: Clock) {
		this.#name = name;
		this.#clock = clock;
	}

	async read<T>(ask: (transaction: IDBTransaction) => IDBRequest): Promise<T> {
		const transaction = await this.#transaction('readonly', 'STORE_UNREADABLE');
		const request = ask(transaction);
		await this.#end(transaction, 'STORE_UNREADABLE');
		return request.result as T;
	}

	/** One transaction: an object and its arrival are there both or not at all. */
	async put(id: string, bytes: Uint8Array): Promise<string> {
		const transaction = await this.#transaction('readwrite', 'STORE_UNWRITABLE');
		const objects = transaction.objectStore(OBJECTS);
		const known = objects.getKey(id);
		known.onsuccess = () => {
			if (known.result !== undefined) return;
			// A view would be stored with all of its buffer.
			objects.add(bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice(), id);
			transaction.objectStore(ARRIVALS).add({ id, size: bytes.length } satisfies Arrival);
		};
		await this.#end(transaction, 'STORE_UNWRITABLE');
		return id;
	}

	async list(after: string | null, limit: number): Promise<readonly StoredObject[]> {
		const transaction = await this.#transaction('readonly', 'STORE_UNREADABLE');
		const arrivals = transaction.objectStore(ARRIVALS);
		const found: StoredObject[] = [];
		const about = transaction.objectStore(ABOUT).get('name');
		about.onsuccess = () => {
			const name = String(about.result);
			const behind = IDBKeyRange.lowerBound(positionOf(name, after), true);
			const [keys, values] = [arrivals.getAllKeys(behind, limit), arrivals.getAll(behind, limit)];
			// Requests end in the order in which they were made.
			values.onsuccess = () => {
				for (const [i, { id, size }] of (values.result as Arrival[]).entries()) found.push({ id, size, cursor: cursorAt(name, Number(keys.result[i])) });
			};
		};
		await this.#end(transaction, 'STORE_UNREADABLE');
		return found;
	}

	async #transaction(mode: 'readonly' | 'readwrite', code: StoreCode): Promise<IDBTransaction> {
		const db = await this.#database(code);
		try {
			return db.transaction([OBJECTS, ARRIVALS, ABOUT], mode, { durability: 'strict' });
		} catch (error) {
			// Closed meanwhile: the next call opens it anew.
			this.#open = null;
			throw storeError(code, this.#where, error);
		}
	}

	#database(code: StoreCode): Promise<IDBDatabase> {
		this.#open ??= openDatabase({ name: this.#name, where: this.#where, code, clock: this.#clock, upgrade }).then(
			(db) => {
				const forget = () => {
					this.#open = null;
				};
				db.onclose = forget;
				db.onversionchange = () => {
					forget();
					db.close();
				};
				return db;
			},
			(error) => {
				this.#open = null;
				throw error;
			},
		);
		return this.#open;
	}

	#end(transaction: IDBTransaction, code: StoreCode): Promise<void> {
		return new Promise((resolve, reject) => {
			transaction.oncomplete = () => resolve();
			transaction.onabort = () => reject(storeError(code, this.#where, transaction.error));
		});
	}

	get #where(): string {
		return `objects in the IndexedDB database "${this.#name}"`;
	}
}

function upgrade(db: IDBDatabase): void {
	db.createObjectStore(OBJECTS);
	db.createObjectStore(ARRIVALS, { autoIncrement: true }).createIndex('id', 'id', { unique: true });
	db.createObjectStore(ABOUT).add(newStoreName(), 'name');
}
