import type { Duplex } from 'node:stream';
import type { Cluster } from './cluster/cluster.js';
import type { Admission, AdmissionLimit } from './limits/admission.js';
import type { RelaySocket } from './wire/relay-socket.js';

// Whoever knows the path may connect; who proves nothing is gone after 3 s.
const MAX_UNPROVED = 1_000;

/** Connections that come from other nodes. */
export class Links {
	readonly #admission: Admission;
	readonly #streams = new Set<Duplex>();
	#unproved = 0;

	constructor(admission: Admission) {
		this.#admission = admission;
	}

	get count(): number {
		return this.#streams.size;
	}

	/** @returns the limit that was met, null where `open` was called. */
	take(stream: Duplex, cluster: Cluster, open: () => RelaySocket | null): AdmissionLimit | null {
		const limit = this.#unproved >= MAX_UNPROVED ? 'maxConnections' : this.#admission.enterLink();
		if (limit !== null) return limit;
		this.#streams.add(stream);
		stream.once('close', () => {
			this.#streams.delete(stream);
			this.#admission.leaveLink();
		});
		const socket = open();
		if (socket === null) return null;
		this.#unproved++;
		const looked = (): void => {
			this.#unproved--;
		};
		void cluster.accept(socket).then(looked, looked);
		return null;
	}

	destroyAll(): void {
		for (const stream of this.#streams) stream.destroy();
	}
}
