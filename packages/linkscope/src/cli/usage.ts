import { parseArgs } from 'node:util';

export const USAGE = `linkscope <command> [options]

  demo          show an invite step by step, drive traffic, serve the page, with log and report
  check <url>   dial a WebSocket server and say how it went
  relay         lead peers to each other that cannot reach one another

  -h, --help    help, also of a command
  -v, --version
  --no-color    plain text; the variable NO_COLOR does the same`;

export const DEMO_USAGE = `linkscope demo [options]

  --once          an invite between processes, step by step, and the traffic of an application, each with
                  its report; then it ends: exit code 0 where every step was done
  --port <n>      port of the page and its server; a taken one gives way to a free one (default 4180)
  --host <name>   address to listen on (default 127.0.0.1: this machine only)
  --no-color`;

export const CHECK_USAGE = `linkscope check <url> [options]

  --pings <n>      round trips to measure (default 5; 0 for none)
  --timeout <s>    how long the server may take to open and to answer a ping, 1 to 3600 (default 10)
  --no-color

A budget is what a stage may take before the report marks it as slow.
Exit code 0: it opened, answered and closed in good order; 1: it did not; 2: the arguments make no sense.`;

/** The command line makes no sense; exit code 2. */
export class UsageError extends Error {}

type ValueOf<O extends Options[string]> = O['type'] extends 'boolean' ? boolean : O['multiple'] extends true ? string[] : string;
type Options = Readonly<Record<string, { readonly type: 'boolean' | 'string'; readonly short?: string; readonly multiple?: boolean }>>;

/**
 * Reads a command's arguments. Node's parser splits them; what is wrong is said in our own words.
 * @throws UsageError for an unknown option, a missing or a surplus value.
 */
export function readArgs<O extends Options>(args: readonly string[], options: O) {
	const { values, positionals, tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
	for (const token of tokens) {
		if (token.kind !== 'option') continue;
		const type = Object.hasOwn(options, token.name) ? options[token.name]?.type : undefined;
		if (!type) throw new UsageError(`there is no option ${JSON.stringify(token.rawName)}`);
		if (type === 'string' && (!token.value || token.value.startsWith('--'))) throw new UsageError(`${token.rawName} needs a value`);
		if (type === 'boolean' && token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`);
	}
	return { values: values as { [Name in keyof O]?: ValueOf<O[Name]> }, positionals };
}

/** @throws UsageError unless the text is a whole number within the range. */
export function usageNumber(option: string, text: string | undefined, fallback: number, [min, max]: readonly [number, number]): number {
	if (text === undefined) return fallback;
	const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
	if (value < min || value > max) throw new UsageError(`${option} must be a whole number from ${min} to ${max}, got ${JSON.stringify(text)}`);
	return value;
}
