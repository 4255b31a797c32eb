import { styleText } from 'node:util';

/** What the command uses of `process`; tests give their own. */
export interface ProcessLike {
	stdout: { write(text: string): unknown; isTTY?: boolean };
	stderr: { write(text: string): unknown };
	env: Record<string, string | undefined>;
	once(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
	off(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

export interface Output {
	line(text?: string): void;
	title(text: string): void;
	/** Less important. */
	faint(text: string): void;
	error(text: string): void;
}

/** Colours only for people: at a terminal, and unless they said no (no-color.org). */
export function createOutput({ stdout, stderr, env }: ProcessLike, noColor: boolean): Output {
	const isColored = stdout.isTTY === true && !noColor && !env.NO_COLOR;
	const paint = (style: 'bold' | 'dim', text: string): string => (isColored ? styleText(style, text) : text);
	return {
		line: (text = '') => void stdout.write(`${text}\n`),
		title: (text) => void stdout.write(`\n${paint('bold', text)}\n`),
		faint: (text) => void stdout.write(`${paint('dim', text)}\n`),
		error: (text) => void stderr.write(`linkscope: ${text}\n`),
	};
}
