/** Bytes as a number, the least first. */
export function readNumber(bytes: Uint8Array): bigint {
	return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

/** A secret scalar as RFC 7748 and RFC 8032 read it. */
export function clamped(bytes: Uint8Array): bigint {
	return (readNumber(bytes) & (2n ** 254n - 8n)) | (2n ** 254n);
}

/** A number below 2^256 as 32 bytes, the least first. */
export function writeNumber(number: bigint): Uint8Array {
	return Uint8Array.from({ length: 32 }, (_, index) => Number((number >> BigInt(8 * index)) & 255n));
}
