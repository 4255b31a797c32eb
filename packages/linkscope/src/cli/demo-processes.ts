import { DemoChild } from './demo-child.js';
import { DEMO_PEER, type Role } from './demo-messages.js';
import { MergedLog } from './merged-log.js';
import type { Output } from './output.js';
import { relayLine } from './relay-lines.js';

/** A relay and peers, each a process of its own; what they do comes in one log. */
export class DemoProcesses {
	readonly log: MergedLog;
	readonly #command: string;
	readonly #children: DemoChild[] = [];

	/** @param command the file of this command. */
	constructor(command: string, output: Output) {
		this.#command = command;
		this.log = new MergedLog((line) => output.faint(line));
	}

	/**
	 * @param more arguments of its command.
	 * @returns where it listens.
	 * @throws DemoError.
	 */
	async startRelay(host: string, name = 'relay', more: readonly string[] = []): Promise<string> {
		const relay = this.#start(name, ['relay', '--host', host, '--port', '0', '--no-color', ...more]);
		relay.onLine('stderr', (line) => {
			const told = relayLine(line);
			if (told) this.log.add(name, told.time, told.line);
		});
		const listening = new Promise<string>((resolve) => {
			relay.onLine('stdout', (line) => {
				const [, url] = /^linkscope relay at (\S+)/.exec(line) ?? [];
				if (url) resolve(url);
			});
		});
		return relay.during(listening, 'did not listen');
	}

	/** @throws DemoError. */
	async startPeer(role: Role): Promise<DemoChild> {
		const peer = this.#start(role, [DEMO_PEER, role]);
		peer.onEvent((event) => {
			if (event.type === 'log') this.log.add(role, event.time, event.line);
		});
		await peer.next('ready');
		return peer;
	}

	/** All of them, the last one that was started first: it says goodbye over the others. */
	async end(): Promise<void> {
		for (const child of this.#children.splice(0).reverse()) await child.end();
		this.log.flush();
	}

	#start(name: string, args: readonly string[]): DemoChild {
		const child = new DemoChild(name, this.#command, args);
		this.#children.push(child);
		return child;
	}
}
