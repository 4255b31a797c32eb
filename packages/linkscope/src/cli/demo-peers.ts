import type { Connection, Payload } from '../index.js';

// More sessions than a demo has; beyond it a page in a loop could fill the memory.
const MAX_SESSIONS = 1000;

/** Counted by the server itself, apart from all instrumentation: what the stats must equal. */
export interface DemoCount {
	connections: number;
	messagesReceived: number;
	messagesSent: number;
}

/** The server's side of the demo: a small protocol in the shapes of seeds/004, and an echo for everything else. */
export class DemoPeers {
	/** Of clients that are no browser. */
	readonly counted: DemoCount = { connections: 0, messagesReceived: 0, messagesSent: 0 };
	readonly #sessions = new Map<string, Connection>();

	serve(connection: Connection, origin: string | undefined): void {
		const count = origin === undefined ? this.counted : { connections: 0, messagesReceived: 0, messagesSent: 0 };
		count.connections++;
		connection.onMessage.on((message) => {
			count.messagesReceived++;
			const reply = this.#answer(connection, message);
			if (reply === null || connection.state !== 'ACTIVE') return;
			connection.send(reply);
			count.messagesSent++;
		});
	}

	#answer(connection: Connection, message: Payload): Payload | null {
		const { type, session } = parse(message);
		switch (type) {
			case 'auth':
				return JSON.stringify({ type: 'challenge', nonce: 'a3f1', algorithm: 'demo' });
			case 'response':
				if (typeof session === 'string') this.#remember(session, connection);
				return JSON.stringify({ type: 'auth_success', session: 'demo', capabilities: ['sync'] });
			case 'heartbeat':
				return JSON.stringify({ type: 'ack' });
			case 'query':
				return JSON.stringify({ type: 'response', endpoints: ['/ws', '/link'] });
			case 'chunk':
				return JSON.stringify({ type: 'sync_ack' });
			case 'fail':
				connection.terminate();
				return null;
			default:
				return message;
		}
	}

	/** A second login of a session takes over from the first. */
	#remember(session: string, connection: Connection): void {
		this.#sessions.get(session)?.close('Close called: New connection replaced old one');
		if (this.#sessions.size >= MAX_SESSIONS) return;
		this.#sessions.set(session, connection);
		connection.onClose.on(() => {
			if (this.#sessions.get(session) === connection) this.#sessions.delete(session);
		});
	}
}

function parse(message: Payload): { type?: unknown; session?: unknown } {
	if (typeof message !== 'string' || !message.startsWith('{')) return {};
	try {
		return JSON.parse(message);
	} catch {
		return {};
	}
}
