import { wipe } from '../bytes.js';
import type { Hash } from './sha2.js';

/** RFC 2104. */
export function hmac({ blockBytes, digest }: Hash, key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
	const block = new Uint8Array(blockBytes);
	block.set(key.length > blockBytes ? digest(key) : key);
	const inner = block.map((byte) => byte ^ 0x36);
	const outer = block.map((byte) => byte ^ 0x5c);
	const mac = digest(outer, digest(inner, ...parts));
	wipe(block, inner, outer);
	return mac;
}
