/**
 * Puts a text on the clipboard.
 * @param mark selects it where that is not allowed (no permission, or no secure context), so that one key copies it.
 * @returns what to tell the person.
 */
export async function copyText(text: string, mark: () => void): Promise<string> {
	try {
		await navigator.clipboard.writeText(text);
		return 'Copied.';
	} catch {
		mark();
		return 'Marked: copy it with your keyboard.';
	}
}
