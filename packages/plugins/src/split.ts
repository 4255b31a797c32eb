/**
 * Where a piece of text ends that takes at most `maxBytes` in UTF-8, never between the halves of a surrogate pair.
 * @returns index of the first unit after the piece; at least one character further than `start`.
 */
export function endOfPiece(text: string, start: number, maxBytes: number): number {
	let bytes = 0;
	let index = start;
	while (index < text.length) {
		const unit = text.charCodeAt(index);
		const isPair = unit >= 0xd800 && unit <= 0xdbff && isLowSurrogate(text.charCodeAt(index + 1));
		bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : isPair ? 4 : 3;
		if (bytes > maxBytes) return index;
		index += isPair ? 2 : 1;
	}
	return index;
}

function isLowSurrogate(unit: number): boolean {
	return unit >= 0xdc00 && unit <= 0xdfff;
}
