import { type Clock, Emitter, type Unsubscribe } from '@linkscope/core';

/** A disconnection that lasts. Each one that is raised is cleared later. */
export interface EndpointAlert {
	readonly type: 'PROLONGED_DISCONNECTION';
	readonly status: 'raised' | 'cleared';
	readonly node: string;
	/** How long there has been, or was, no connection. */
	readonly downMs: number;
	readonly lastError: string | null;
}

type Outage = Pick<EndpointAlert, 'status' | 'downMs'>;

/** Tells when there was no connection for so long, and when that is over. */
export class OutageAlarm {
	readonly onOutage = new Emitter<Outage>();
	readonly #clock: Clock;
	readonly #afterMs: number;
	#sinceMs = 0;
	#isRaised = false;
	#cancel: Unsubscribe = () => {};

	constructor(clock: Clock, afterMs: number) {
		this.#clock = clock;
		this.#afterMs = afterMs;
	}

	begin(): void {
		this.#cancel();
		this.#sinceMs = this.#clock.now();
		this.#cancel = this.#clock.after(this.#afterMs, () => {
			this.#isRaised = true;
			this.#tell('raised');
		});
	}

	end(): void {
		this.#cancel();
		if (!this.#isRaised) return;
		this.#isRaised = false;
		this.#tell('cleared');
	}

	#tell(status: Outage['status']): void {
		this.onOutage.emit({ status, downMs: this.#clock.now() - this.#sinceMs });
	}
}
