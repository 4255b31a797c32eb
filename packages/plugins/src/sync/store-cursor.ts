import { defaultPrimitives, encodeBase64url } from '@linkscope/crypto';

/** A name for a store that no other one has, for the cursors of `list`. */
export function newStoreName(): string {
	return encodeBase64url(defaultPrimitives().randomBytes(9));
}

/** The cursor of a store that numbers its objects: a cursor of another store, or of this one before it was emptied, must not mean a place in it. */
export function cursorAt(storeName: string, position: number): string {
	return `${storeName}.${position}`;
}

/** @returns the position; 0 where the cursor is none of this store. */
export function positionOf(storeName: string, cursor: string | null): number {
	const digits = cursor?.startsWith(`${storeName}.`) ? cursor.slice(storeName.length + 1) : '';
	return /^[0-9]{1,15}$/.test(digits) ? Number(digits) : 0;
}
