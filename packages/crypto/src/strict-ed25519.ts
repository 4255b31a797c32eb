// What RFC 8032 leaves open and libraries decide differently is decided here, once, for every backend.

// Section 5.1: the order of the group, little endian.
const ORDER = hexBytes('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');

// The y coordinates of the eight points of small order. Under such a key there are signatures that fit any message.
const SMALL_ORDER_Y = [
	'0100000000000000000000000000000000000000000000000000000000000000',
	'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
	'0000000000000000000000000000000000000000000000000000000000000000',
	'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
	'26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
].map(hexBytes);

/** False for what is not 32 bytes, an encoding that is not canonical (y >= p), and keys of small order. Whether it is on the curve is not looked at. */
export function isStrictPublicKey(publicKey: Uint8Array): boolean {
	if (publicKey.length !== 32 || !isCanonicalY(publicKey)) return false;
	return !SMALL_ORDER_Y.some((y) => isSameY(publicKey, y));
}

/**
 * False for what is not 64 bytes, for S >= L (adding L would make a second signature out of a valid one, RFC 8032 section 8.4),
 * and for an R that could not be a public key: no honest signer makes one, and libsodium refuses what OpenSSL takes.
 */
export function isStrictSignature(signature: Uint8Array): boolean {
	if (signature.length !== 64 || !isStrictPublicKey(signature.subarray(0, 32))) return false;
	for (let index = 31; index >= 0; index--) {
		const difference = (signature[32 + index] as number) - (ORDER[index] as number);
		if (difference !== 0) return difference < 0;
	}
	return false;
}

// y < p = 2^255 - 19, the sign bit of x aside.
function isCanonicalY(point: Uint8Array): boolean {
	if (((point[31] as number) & 0x7f) !== 0x7f || (point[0] as number) < 0xed) return true;
	return point.subarray(1, 31).some((byte) => byte !== 0xff);
}

function isSameY(point: Uint8Array, y: Uint8Array): boolean {
	return ((point[31] as number) & 0x7f) === y[31] && y.every((byte, index) => index === 31 || point[index] === byte);
}

function hexBytes(hex: string): Uint8Array {
	return Uint8Array.from({ length: hex.length / 2 }, (_, index) => Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16));
}
