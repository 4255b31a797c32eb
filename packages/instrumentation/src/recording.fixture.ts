import type { ClosedEvent, ConnectionState, CreatedEvent, ProbeEvent } from '@linkscope/core';

/** Realistic event arrays for tests: what core and the patch would have told of one connection. */
export class Recording {
	readonly events: ProbeEvent[] = [];
	private state: ConnectionState = 'INITIALIZING';

	constructor(
		readonly id: string,
		created: Partial<CreatedEvent> = {},
		public at = 0,
	) {
		const event: CreatedEvent = { type: 'created', id, at, epoch: EPOCH + at, role: 'initiator', transport: 'websocket', remote: 'wss://host' };
		this.events.push({ ...event, ...created });
	}

	/** States in order, `stepMs` apart. */
	through(states: readonly ConnectionState[], stepMs = 10, frames = 0): this {
		for (const to of states) {
			this.at += stepMs;
			this.events.push({ type: 'state', id: this.id, at: this.at, from: this.state, to, frames });
			this.state = to;
		}
		return this;
	}

	open(setupMs = 10): this {
		return this.through(['CONNECTING'], 0).through(['CONNECTED'], setupMs).through(['ACTIVE'], 0);
	}

	/** One message every `everyMs`, alternately sent and received. */
	messages(count: number, bytes: number, everyMs = 10): this {
		for (let i = 0; i < count; i++) {
			this.at += everyMs;
			this.events.push({ type: i % 2 === 0 ? 'sent' : 'received', id: this.id, at: this.at, bytes, wireBytes: bytes + 6, bufferedBytes: 0 });
		}
		return this;
	}

	push(event: DistributiveOmit<ProbeEvent, 'id' | 'at'>): this {
		this.events.push({ id: this.id, at: this.at, ...event } as ProbeEvent);
		return this;
	}

	close(code = 1000, reason = 'Close called.', more: Partial<ClosedEvent> = {}): this {
		const closed: ClosedEvent = {
			type: 'closed',
			id: this.id,
			at: this.at,
			state: 'CLOSED',
			code,
			reason,
			wasClean: true,
			initiatedBy: 'local',
			errorCode: null,
			...more,
		};
		this.events.push({ type: 'state', id: this.id, at: this.at, from: this.state, to: closed.state, frames: 0 }, closed);
		return this;
	}
}

export const EPOCH = Date.UTC(2026, 0, 1);

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
