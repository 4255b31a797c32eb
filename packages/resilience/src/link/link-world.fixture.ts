import { Connection } from '@linkscope/core';
import { createMemoryPair, FakeClock } from '@linkscope/core/testing';
import type { LinkAttempt } from './dial.js';
import type { LinkOptions } from './link-options.js';
import { ReconnectingLink } from './reconnecting-link.js';

/** A server in memory that comes and goes, on a clock that stands still. */
export class LinkWorld {
	readonly clock = new FakeClock();
	/** up: answers. down: refuses at once. blackhole: never answers. */
	server: 'up' | 'down' | 'blackhole' = 'up';
	/** When each dial was made. */
	readonly dialledAtMs: number[] = [];
	readonly attempts: LinkAttempt[] = [];
	/** What the server has accepted, oldest first. */
	readonly accepted: Connection[] = [];
	/** What the link has dialled. */
	readonly dialled: Connection[] = [];
	readonly received: unknown[] = [];

	readonly dial = async (attempt: LinkAttempt): Promise<Connection> => {
		this.dialledAtMs.push(this.clock.now());
		this.attempts.push(attempt);
		const [near, far] = createMemoryPair({ clock: this.clock });
		const connection = new Connection(near, { clock: this.clock, link: attempt.link });
		this.dialled.push(connection);
		if (this.server === 'down') far.terminate();
		if (this.server === 'up') this.#accept(new Connection(far, { clock: this.clock, initiator: false }));
		await connection.open(attempt.signal);
		return connection;
	};

	link(options: LinkOptions = {}): ReconnectingLink {
		return new ReconnectingLink(this.dial, { clock: this.clock, ...options });
	}

	/** The connection that the server has now. */
	get peer(): Connection {
		return this.accepted.at(-1) as Connection;
	}

	/** Those that neither end nor ended. */
	get live(): Connection[] {
		return this.dialled.filter(({ state }) => state === 'ACTIVE');
	}

	/** As when a cable is pulled and somebody notices. */
	cut(): void {
		this.peer.terminate();
	}

	async run(ms: number): Promise<void> {
		await this.clock.run(ms);
	}

	#accept(connection: Connection): void {
		this.accepted.push(connection);
		connection.onMessage.on((payload) => this.received.push(payload));
		connection.open().catch(() => {});
	}
}
