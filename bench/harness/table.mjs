const COLUMNS = ['label', 'baseline', 'subject', 'value', 'goal', 'verdict'];

/** A table for the console: columns padded to their widest cell. */
export function plainTable(head, figures) {
	const rows = [head, ...figures.map(cells)];
	const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
	return rows
		.map((row) =>
			row
				.map((cell, column) => cell.padEnd(widths[column]))
				.join('  ')
				.trimEnd(),
		)
		.join('\n');
}

/** The same as markdown. */
export function markdownTable(head, figures) {
	const line = (row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
	return [line(head), line(head.map(() => '---')), ...figures.map((each) => line(cells(each)))].join('\n');
}

function cells(figure) {
	return COLUMNS.map((column) => figure[column]);
}
