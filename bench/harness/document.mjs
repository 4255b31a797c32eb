/**
 * Replaces what stands between `<!-- bench:name -->` and `<!-- /bench:name -->`, and nothing else.
 * @throws {Error} where the page has no such place
 */
export function replaceRegion(page, name, text) {
	const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
	const from = page.indexOf(begin);
	const to = page.indexOf(end, from);
	if (from < 0 || to < 0) throw new Error(`the page has no region ${begin} … ${end} to write the results of ${name} into`);
	return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`;
}
