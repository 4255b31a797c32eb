import { Buffer } from 'node:buffer';

/**
 * An array whose first `zeros` bytes are zero and whose others are about to be written. Small ones share memory as Node's own buffers do, large ones are
 * not filled first: for a record of a few bytes an ArrayBuffer of its own costs as much as half the sealing.
 */
export function allocate(length: number, zeros = 0): Uint8Array {
	const { buffer, byteOffset } = Buffer.allocUnsafe(length);
	const array = new Uint8Array(buffer, byteOffset, length);
	for (let i = 0; i < zeros; i++) array[i] = 0;
	return array;
}
