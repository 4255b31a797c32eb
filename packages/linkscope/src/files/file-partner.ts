import type { AbortSignal, Connection, Unsubscribe } from '@linkscope/core';
import { SyncError } from '@linkscope/plugins';
import type { Peer } from '../peers/peer.js';

/** With whom files are exchanged: over this connection, or over whatever carries the data of this peer. */
export type FilePartner = Connection | Peer;

/** By shape: who has no peers carries no code for them. @throws TypeError for what is neither. */
export function isPeer(partner: FilePartner): partner is Peer {
	const shape = Object(partner) as { connection?: unknown; plugin?: unknown };
	if (typeof shape.connection === 'function') return true;
	if (typeof shape.plugin === 'function') return false;
	throw new TypeError(`files go over a connection or to a peer, got ${partner === null ? 'null' : typeof partner}`);
}

/** @throws SyncError SYNC_ABORTED; ConnectionError CONNECTION_CLOSED where a peer was closed. */
export async function connectionTo(partner: FilePartner, signal: AbortSignal | undefined): Promise<Connection> {
	if (!isPeer(partner)) return partner;
	return new Promise((resolve, reject) => {
		const abort = (): void => reject(new SyncError('SYNC_ABORTED', 'sendFile() was aborted by its signal', { cause: signal?.reason }));
		const settled = (): void => signal?.removeEventListener('abort', abort);
		if (signal?.aborted) return abort();
		signal?.addEventListener('abort', abort, { once: true });
		partner.connection().finally(settled).then(resolve, reject);
	});
}

/** Every connection that there is, and that comes. @returns the undo of all. */
export function onEachConnection(partner: FilePartner, use: (connection: Connection) => Unsubscribe): Unsubscribe {
	if (!isPeer(partner)) return use(partner);
	const undos = new Map<Connection, Unsubscribe>();
	const begin = (connection: Connection): void => {
		undos.set(connection, use(connection));
		connection.onClose.once(() => undos.delete(connection));
	};
	for (const connection of partner.connections) begin(connection);
	const off = partner.onConnection.on(begin);
	return () => {
		off();
		for (const undo of undos.values()) undo();
	};
}
