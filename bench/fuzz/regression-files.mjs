import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Keeps one input that was a problem, as JSON so that any text and any bytes survive: { target, what, text } or { target, what, base64 }.
 * @returns the path of its file
 */
export function keepRegression(folder, target, { input, what }) {
	const content = typeof input === 'string' ? { text: input } : { base64: Buffer.from(input).toString('base64') };
	const name = `${target}-${createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 12)}.json`;
	mkdirSync(folder, { recursive: true });
	// Paths of this machine are nobody's business.
	const [firstLine] = what.split('\n');
	writeFileSync(join(folder, name), `${JSON.stringify({ target, what: firstLine, ...content }, null, '\t')}\n`);
	return join(folder, name);
}

/** @returns {{ file: string, target: string, input: string | Uint8Array }[]} */
export function readRegressions(folder) {
	if (!existsSync(folder)) return [];
	return readdirSync(folder)
		.filter((name) => name.endsWith('.json'))
		.map((file) => {
			const { target, text, base64 } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
			return { file, target, input: text ?? new Uint8Array(Buffer.from(base64, 'base64')) };
		});
}
