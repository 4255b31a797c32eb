import type { Duplex } from 'node:stream';
import type { Cluster } from './cluster/cluster.js';
import type { Admission, AdmissionLimit } from './limits/admission.js';
import { Tally } from './limits/tally.js';
import type { RelaySocket } from './wire/relay-socket.js';

// Whoever knows the path may connect; who proves nothing is gone after 3 s, and takes no other node's place.
const MAX_UNPROVED_PER_ADDRESS = 100;

/** Connections that come from other nodes. */
export class Links {
	readonly #admission: Admission;
	readonly #streams = new Set<Duplex>();
	readonly #unproved = new Tally(MAX_UNPROVED_PER_ADDRESS);

	constructor(admission: Admission) {
		this.#admission = admission;
	}

	get count(): number {
		return this.#streams.size;
	}

	/** @param group as addresses are counted. @returns the limit that was met, null where `open` was called. */
	take(group: string, stream: Duplex, cluster: Cluster, open: () => RelaySocket | null): AdmissionLimit | null {
		if (!this.#unproved.add(group)) return 'connectionsPerAddress';
		const looked = (): void => this.#unproved.remove(group);
		const limit = this.#admission.enterLink();
		if (limit !== null) {
			looked();
			return limit;
		}
		this.#streams.add(stream);
		stream.once('close', () => {
			this.#streams.delete(stream);
			this.#admission.leaveLink();
		});
		const socket = open();
		if (socket === null) looked();
		else void cluster.accept(socket).then(looked, looked);
		return null;
	}

	destroyAll(): void {
		for (const stream of this.#streams) stream.destroy();
	}
}
