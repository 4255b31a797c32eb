import type { ConnectionSnapshot } from '@linkscope/instrumentation';
import type { WiredConnection } from './servers/wire-counter.js';

/** One connection in the terms both sides share, as a line of text. */
function line(sent: number, bytesSent: number, received: number, bytesReceived: number, code: number | null | undefined): string {
	return `sent ${sent} (${bytesSent} B), received ${received} (${bytesReceived} B), closed ${code}`;
}

/** What the stats say, sorted. */
export function told(connections: readonly ConnectionSnapshot[]): string[] {
	return connections.map((one) => line(one.messagesSent, one.bytesSent, one.messagesReceived, one.bytesReceived, one.close?.code)).sort();
}

/** What the wire carried, sorted. An end without a close frame from the server reads 1006 on the client's side. */
export function carried(connections: readonly WiredConnection[]): string[] {
	return connections
		.map(({ fromClient, fromServer }) => line(fromClient.messages, fromClient.bytes, fromServer.messages, fromServer.bytes, fromServer.closeCode ?? 1006))
		.sort();
}
