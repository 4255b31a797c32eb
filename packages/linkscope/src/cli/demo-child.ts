import { type ChildProcess, fork } from 'node:child_process';
import { systemClock } from '@linkscope/core';
import type { DemoEvent, DemoEventOf, DemoOrder } from './demo-messages.js';

/** How long a step may take, and a process to end when it is told to. */
const STEP_MS = 30_000;
const END_MS = 5_000;
/** Of what a process wrote where nobody looked. */
const KEPT_CHARS = 4_000;

/** A process of the demo ended, or did not get on. */
export class DemoError extends Error {
	constructor(
		readonly who: string,
		message: string,
	) {
		super(message);
	}
}

/** Another process of this command, which ends with this one. */
export class DemoChild {
	readonly name: string;
	readonly #child: ChildProcess;
	readonly #ended: Promise<string>;
	readonly #listeners = new Set<(event: DemoEvent) => void>();
	/** For whoever asks later. */
	readonly #told: DemoEvent[] = [];
	#stderr = '';

	/** @param command the file of this command. */
	constructor(name: string, command: string, args: readonly string[]) {
		this.name = name;
		this.#child = fork(command, [...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] });
		this.#child.stderr?.on('data', (text) => {
			this.#stderr = (this.#stderr + text).slice(-KEPT_CHARS);
		});
		this.#child.on('message', (event) => this.#receive(event as DemoEvent));
		this.#ended = new Promise((resolve) => {
			this.#child.once('error', (error) => resolve(error.message));
			// Not 'close', which never comes where this side has disconnected.
			this.#child.once('exit', (code, signal) => resolve(`its process ended with ${signal ?? `exit code ${code}`}${this.#lastWords()}`));
		});
	}

	/** Each line of its standard output or of its log. */
	onLine(from: 'stdout' | 'stderr', listener: (line: string) => void): void {
		let rest = '';
		this.#child[from]?.on('data', (text) => {
			const lines = `${rest}${text}`.split('\n');
			rest = lines.pop() ?? '';
			for (const line of lines) listener(line);
		});
	}

	onEvent(listener: (event: DemoEvent) => void): void {
		this.#listeners.add(listener);
	}

	tell(order: DemoOrder): void {
		if (this.#child.connected) this.#child.send(order);
	}

	/** The next event of a kind that nobody has waited for. @throws DemoError where the process says that it failed, ends, or takes longer. */
	async next<T extends DemoEvent['type']>(type: T, withinMs = STEP_MS): Promise<DemoEventOf<T>> {
		return this.during(
			new Promise((resolve, reject) => {
				const look = (): void => {
					const failed = this.#told.find((event) => event.type === 'failed');
					if (failed) reject(new DemoError(this.name, `${failed.step}: ${failed.message} [${failed.code}]`));
					const index = this.#told.findIndex((event) => event.type === type);
					if (index < 0) return;
					this.#listeners.delete(look);
					resolve(this.#told.splice(index, 1)[0] as DemoEventOf<T>);
				};
				this.#listeners.add(look);
				look();
			}),
			`did not tell of "${type}"`,
			withinMs,
		);
	}

	/** Waits as long as the process lives, and a step may take. @throws DemoError. */
	async during<T>(work: Promise<T>, what: string, withinMs = STEP_MS): Promise<T> {
		let cancel = (): void => {};
		const late = new Promise<never>((_, reject) => {
			if (withinMs === Number.POSITIVE_INFINITY) return;
			cancel = systemClock.after(withinMs, () => reject(new DemoError(this.name, `${what} within ${withinMs / 1000} s`)), { keepAlive: true });
		});
		const ended = this.#ended.then((how) => Promise.reject(new DemoError(this.name, how)));
		try {
			return await Promise.race([work, late, ended]);
		} finally {
			cancel();
		}
	}

	/** Asks it to end, and sees to it. */
	async end(): Promise<void> {
		// It ends with whoever started it: cli.ts.
		if (this.#child.connected) this.#child.disconnect();
		const cancel = systemClock.after(END_MS, () => this.#child.kill('SIGKILL'), { keepAlive: true });
		await this.#ended;
		cancel();
	}

	#receive(event: DemoEvent): void {
		if (event.type !== 'log') this.#told.push(event);
		for (const listener of [...this.#listeners]) listener(event);
	}

	#lastWords(): string {
		const [last] = this.#stderr.trim().split('\n').slice(-1);
		return last ? `: ${last}` : '';
	}
}
