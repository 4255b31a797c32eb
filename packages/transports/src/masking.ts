const POOL_BYTES = 8192;
const MASK_BYTES = 4;

const pool = new Uint8Array(POOL_BYTES);
let used = POOL_BYTES;
const ZEROS = new Uint8Array(MASK_BYTES);

/**
 * The mask of a client's sealed frame, lent until the next call. RFC 6455 section 10.3 wants it random so that nobody who chooses a message chooses the
 * bytes that a proxy sees. Sealing does not keep the peer from that: it knows the key stream of what is sent to it. So only within TLS, where a proxy sees
 * none of it, it is zeros, which cost nothing at either end.
 */
export function maskOfSealed(overTls: boolean): Uint8Array {
	if (overTls) return ZEROS;
	if (used === POOL_BYTES) {
		crypto.getRandomValues(pool);
		used = 0;
	}
	used += MASK_BYTES;
	return pool.subarray(used - MASK_BYTES, used);
}
