import type { RelaySocket } from '../wire/relay-socket.js';

/** Where nodes call each other, on the port of the relay. */
export const CLUSTER_PATH = '/linkscope-cluster';

/** A spare registration, as nodes tell each other about it. */
export interface Registration {
	/** Unique in the cluster. */
	readonly id: string;
	/** 'linkscope:' and base64url, or 'one:' and hex. */
	readonly key: string;
	/** Milliseconds since 1970. */
	readonly since: number;
	/** What discover tells of a native one. */
	readonly hints: Hints;
}

export interface Hints {
	readonly direct: readonly string[];
	readonly relays: readonly string[];
	readonly transports: readonly string[];
}

/** Who wants to be spliced to whom. */
export interface Call {
	/** Keys as in Registration. */
	readonly from: string;
	readonly target: string;
}

/** What a node offers to the others. */
export interface LocalNode {
	registrations(): Iterable<Registration>;
	/** Closes a registration that is one too many in the cluster. */
	evict(id: string): void;
	/**
	 * Splices a call that came by another node to the newest registration of its target, and to nothing that waits at another node.
	 * @param accept tells the other node that its call is taken; called once, when a registration was found and before anything of it can reach the socket that comes back.
	 * @returns false where nobody waits here (any more); `accept` was not called then.
	 */
	connect(call: Call, accept: () => RelaySocket): boolean;
}

/** The other nodes, as the server sees them. All of it is best effort: a cluster that cannot be reached leaves a node that works alone. */
export interface Cluster {
	/** @throws RelayError where the first try to reach the registry fails: one line that says what to do. */
	start(local: LocalNode): Promise<void>;
	added(registration: Registration): void;
	removed(registration: Registration): void;
	/** The newest registration of a key at each other node that has one, newest first; empty where the registry does not answer in time. */
	find(key: string): Promise<readonly RemoteRegistration[]>;
	/**
	 * @returns a socket to the other node, started and held, ready for the splice (the target has been told), or null where it is gone.
	 * It may have ended in the meantime, as any socket may.
	 */
	call(remote: RemoteRegistration, call: Call): Promise<RelaySocket | null>;
	/**
	 * Takes a socket that came to CLUSTER_PATH, not yet started.
	 * @returns true once it has proved that a node of this cluster speaks (limits for each address are not for it), false where it ended without.
	 */
	accept(socket: RelaySocket): Promise<boolean>;
	/** Whether the registry answers. */
	readonly isHealthy: boolean;
	/** Takes this node out of the registry. */
	close(): Promise<void>;
}

export interface RemoteRegistration extends Registration {
	/** ws: or wss: address of the node. */
	readonly node: string;
}
