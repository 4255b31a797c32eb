export const USAGE = `linkscope <command> [options]

  demo          start a local server and the page, drive traffic, show log and report
  check <url>   dial a WebSocket server and say how it went

  -h, --help    help, also of a command
  -v, --version
  --no-color    plain text; the variable NO_COLOR does the same`;

export const DEMO_USAGE = `linkscope demo [options]

  --once          end after the traffic and its report (exit code 0)
  --port <n>      port of the page and the server; a taken one gives way to a free one (default 4180)
  --host <name>   address to listen on (default 127.0.0.1: this machine only)
  --no-color`;

export const CHECK_USAGE = `linkscope check <url> [options]

  --pings <n>      round trips to measure (default 5; 0 for none)
  --timeout <s>    how long the server may take (default 10)
  --no-color

Exit code 0: it opened, answered and closed in good order; 1: it did not; 2: the arguments make no sense.`;

/** The command line makes no sense; exit code 2. */
export class UsageError extends Error {}

/** @throws UsageError unless the text is a whole number from 0 to max. */
export function usageNumber(option: string, text: string | undefined, fallback: number, max: number): number {
	if (text === undefined) return fallback;
	if (!/^\d{1,9}$/.test(text) || Number(text) > max) throw new UsageError(`${option} must be a whole number from 0 to ${max}, got ${JSON.stringify(text)}`);
	return Number(text);
}
