import { cut } from './text.js';

export const WIDTH = 100;

/** A column: its heading, its width, and whether it holds numbers (aligned to the right). */
export type Column = readonly [heading: string, width: number, align?: 'right'];

/** Rows of text in columns, two blanks between them. */
export function table(columns: readonly Column[], rows: readonly (readonly (string | number)[])[]): string[] {
	const line = (cells: readonly (string | number)[]) =>
		columns
			.map(([, width, align], index) => fit(String(cells[index] ?? ''), width, align))
			.join('  ')
			.trimEnd();
	return [line(columns.map(([heading]) => heading)), ...rows.map(line)];
}

/** Exactly so many columns of a terminal, where the scripts of East Asia and pictures take two. */
export function fit(text: string, width: number, align?: 'right'): string {
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
	return align ? blanks + shown : shown + blanks;
}

/** A line of at most 100 columns. */
export function line(text: string): string {
	return fit(cut(text, WIDTH), WIDTH).trimEnd();
}

function columnsOf(text: string): number {
	let columns = 0;
	for (const character of text) columns += /[\u1100-\u115f\u2e80-\uffdc\u{1f000}-\u{3ffff}]/u.test(character) ? 2 : 1;
	return columns;
}
