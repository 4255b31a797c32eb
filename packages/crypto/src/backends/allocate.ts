import { Buffer } from 'node:buffer';

const POOL_BYTES = 16 * 1024;
const SHARED_BYTES = POOL_BYTES / 8;
let pool = new ArrayBuffer(POOL_BYTES);
let used = 0;

/**
 * An array whose first `zeros` bytes are zero and whose others are about to be written. Small ones share memory as Node's own buffers do, large ones are
 * not filled first: for a record of a few bytes an ArrayBuffer of its own costs as much as half the sealing.
 */
export function allocate(length: number, zeros = 0): Uint8Array {
	if (length <= SHARED_BYTES) return share(length);
	const { buffer, byteOffset } = Buffer.allocUnsafeSlow(length);
	return new Uint8Array(buffer, byteOffset, length).fill(0, 0, zeros);
}

/** Not Node's pool, which costs a second object; and no message is left over in what an application gets from it. */
function share(length: number): Uint8Array {
	if (used + length > POOL_BYTES) {
		pool = new ArrayBuffer(POOL_BYTES);
		used = 0;
	}
	const array = new Uint8Array(pool, used, length);
	used += length;
	return array;
}
