import { cut } from './text.js';

export const WIDTH = 100;

/** Headings with their widths; a negative width holds numbers, aligned to the right. */
export type Columns = Readonly<Record<string, number>>;

/** Rows of text in columns, two blanks between them. */
export function table(columns: Columns, rows: readonly (readonly (string | number)[])[]): string[] {
	const widths = Object.values(columns);
	const line = (cells: readonly (string | number)[]) =>
		widths
			.map((width, index) => fit(String(cells[index]), width))
			.join('  ')
			.trimEnd();
	return [line(Object.keys(columns)), ...rows.map(line)];
}

/** Exactly so many columns of a terminal (negative: aligned to the right), where the scripts of East Asia and pictures take two. */
export function fit(text: string, columns: number): string {
	const width = Math.abs(columns);
	let shown = text;
	if (columnsOf(shown) > width) {
		shown = '';
		for (const character of text) {
			if (columnsOf(shown + character) >= width) break;
			shown += character;
		}
		shown += '…';
	}
	const blanks = ' '.repeat(Math.max(width - columnsOf(shown), 0));
	return columns < 0 ? blanks + shown : shown + blanks;
}

/** A line of at most 100 columns. */
export function line(text: string): string {
	return fit(cut(text, WIDTH), WIDTH).trimEnd();
}

/** How many columns of a terminal a text takes. */
export function columnsOf(text: string): number {
	let columns = 0;
	for (const character of text) columns += /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\uffdc\u{1f000}-\u{3ffff}]/u.test(character) ? 2 : 1;
	return columns;
}
