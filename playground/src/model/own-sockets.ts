import { Connection } from 'linkscope';

/** The connections that this page's forms and invites opened, by id: only those can be sent to and closed from here. */
export interface OwnSockets {
	/** @returns the connection's id. @throws Error where the URL is none. */
	open(url: string): string;
	/** One that is read already. */
	add(connection: Connection): void;
	has(id: string): boolean;
	/** @throws Error where the connection takes no more. */
	send(id: string, text: string): void;
	close(id: string, reason: string): void;
}

/** Ended connections forget themselves. */
export function createOwnSockets(): OwnSockets {
	const connections = new Map<string, Connection>();
	function add(connection: Connection): void {
		connections.set(connection.id, connection);
		connection.onClose.on(() => connections.delete(connection.id));
	}
	return {
		open(url) {
			const connection = new Connection(new WebSocket(url), { label: 'opened here' });
			add(connection);
			// Read, so that nothing piles up and the peer is never held up.
			connection.onMessage.on(() => {});
			return connection.id;
		},
		add,
		has: (id) => connections.has(id),
		send: (id, text) => void connections.get(id)?.send(text),
		close: (id, reason) => void connections.get(id)?.close(reason),
	};
}
