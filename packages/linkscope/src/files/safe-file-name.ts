// Names on Linux and macOS have at most 255 bytes; this leaves room for ' (2)' and the like.
const MAX_BYTES = 200;
// Format characters among them: one of them writes the rest from right to left, so that exe.gpj shows as jpg.exe.
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;
const FORBIDDEN_SOMEWHERE = /[<>:"|?*]/g;
// Windows takes them with any extension.
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d¹²³])(\.|$)/i;

/** What a peer calls a file, made a name that is harmless in any folder of any system: no path, nothing hidden, no device. */
export function safeFileName(name: string): string {
	const last = name.normalize('NFC').split(/[/\\]/).at(-1) ?? '';
	const plain = last.replace(UNSEEN, '').replace(FORBIDDEN_SOMEWHERE, '_');
	const visible = plain.replace(/^[.\s]+/, '').replace(/[.\s]+$/, '');
	const short = shorten(visible);
	return short === '' ? 'file' : DEVICE.test(short) ? `_${short}` : short;
}

/** `report.pdf` as `report (2).pdf`. */
export function numberedName(name: string, number: number): string {
	const dot = name.lastIndexOf('.');
	return dot > 0 ? `${name.slice(0, dot)} (${number})${name.slice(dot)}` : `${name} (${number})`;
}

/** Cut in front of its extension. */
function shorten(name: string): string {
	const dot = name.lastIndexOf('.');
	const extension = dot > 0 && bytesOf(name.slice(dot)) <= 20 ? name.slice(dot) : '';
	let stem = [...name.slice(0, name.length - extension.length)];
	// By characters, so that none is cut; a name of the peer has at most 16 Ki.
	while (bytesOf(stem.join('')) + bytesOf(extension) > MAX_BYTES) stem = stem.slice(0, -Math.max(1, Math.floor((bytesOf(stem.join('')) - MAX_BYTES) / 4)));
	return (stem.join('').trimEnd() + extension).replace(/[.\s]+$/, '');
}

function bytesOf(text: string): number {
	return new TextEncoder().encode(text).length;
}
