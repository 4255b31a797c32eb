const LENGTHS = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];
const LONG = 64 * 1024;

/** One change to some bytes; `other` is a second sample to take a piece of. The argument is not touched. */
export function mutateBytes(bytes, other, random) {
	return random.pick(CHANGES)(bytes, random, other);
}

const CHANGES = [
	/** Flips a bit. */
	(bytes, random) => change(bytes, (copy) => (copy[random.below(copy.length)] ^= 1 << random.below(8))),
	/** Sets a byte. */
	(bytes, random) => change(bytes, (copy) => (copy[random.below(copy.length)] = random.pick([0, 1, 2, 0x10, 0x7f, 0x80, 0xff, random.below(256)]))),
	/** Writes a length where one might stand. */
	(bytes, random) => {
		if (bytes.length < 4) return bytes;
		return change(bytes, (copy) => {
			const value = random.oneIn(2) ? random.pick(LENGTHS) : copy.length + random.below(9) - 4;
			new DataView(copy.buffer).setUint32(random.below(copy.length - 3), value >>> 0, random.oneIn(2));
		});
	},
	/** Cuts the end off. */
	(bytes, random) => bytes.slice(0, random.below(bytes.length)),
	/** Takes a piece out. */
	(bytes, random) => splice(bytes, random.below(bytes.length), random.size(bytes.length), new Uint8Array()),
	/** Says a piece twice. */
	(bytes, random) => {
		const from = random.below(bytes.length);
		return splice(bytes, from, 0, bytes.subarray(from, from + random.size(bytes.length)));
	},
	/** Puts something in. */
	(bytes, random) =>
		splice(
			bytes,
			random.below(bytes.length + 1),
			0,
			Uint8Array.from({ length: random.size(64) }, () => random.below(256)),
		),
	/** Puts a piece of another sample in. */
	(bytes, random, other) => splice(bytes, random.below(bytes.length + 1), random.below(8), other.subarray(random.below(other.length))),
	/** A long run of one byte, seldom. */
	(bytes, random) =>
		splice(bytes, random.below(bytes.length + 1), 0, new Uint8Array(random.oneIn(64) ? random.below(LONG) : random.size(64)).fill(random.below(256))),
];

function change(bytes, edit) {
	if (bytes.length === 0) return bytes;
	const copy = Uint8Array.from(bytes);
	edit(copy);
	return copy;
}

function splice(bytes, at, removed, inserted) {
	const result = new Uint8Array(Math.max(at, bytes.length - removed) + inserted.length);
	result.set(bytes.subarray(0, at));
	result.set(inserted, at);
	result.set(bytes.subarray(at + removed), at + inserted.length);
	return result;
}
