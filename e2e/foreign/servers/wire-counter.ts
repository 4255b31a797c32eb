import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What went one way over a WebSocket, as its frames say. */
export interface WireCount {
	messages: number;
	/** Payload bytes of the messages; control frames not among them. */
	bytes: number;
	/** Of the close frame: 1005 for one without a code (RFC 6455 section 7.1.5), null while there was none. */
	closeCode: number | null;
}

export interface WiredConnection {
	path: string;
	fromClient: WireCount;
	fromServer: WireCount;
}

/** A relay in front of a server that reads the frames on the wire: a count that owes nothing to the library under test. */
export async function startWireCounter(serverPort: number): Promise<{ port: number; connections: WiredConnection[]; stop(): void }> {
	const connections: WiredConnection[] = [];
	const open = new Set<Socket>();
	const relay = createServer((client) => {
		const server = connect(serverPort, '127.0.0.1');
		const connection: WiredConnection = { path: '', fromClient: blank(), fromServer: blank() };
		const fromClient = new FrameReader(connection.fromClient, (request) => {
			if (!/^upgrade: *websocket/im.test(request)) return false;
			connection.path = request.split(' ', 2)[1] ?? '';
			connections.push(connection);
			return true;
		});
		const fromServer = new FrameReader(connection.fromServer, (response) => response.startsWith('HTTP/1.1 101'));
		client.on('data', (chunk) => fromClient.read(chunk));
		server.on('data', (chunk) => fromServer.read(chunk));
		client.pipe(server);
		server.pipe(client);
		for (const [end, other] of [
			[client, server],
			[server, client],
		] as const) {
			open.add(end);
			end.on('error', () => other.destroy());
			end.on('close', () => {
				open.delete(end);
				other.destroy();
			});
		}
	});
	relay.listen(0, '127.0.0.1');
	await new Promise((resolve) => relay.once('listening', resolve));
	return {
		port: (relay.address() as AddressInfo).port,
		connections,
		stop() {
			relay.close();
			for (const socket of open) socket.destroy();
		},
	};
}

/** Reads the head of an HTTP message, then, where it begins a WebSocket, frames (RFC 6455 section 5.2). */
class FrameReader {
	private pending: Buffer = Buffer.alloc(0);
	private mode: 'head' | 'frames' | 'other' = 'head';

	constructor(
		private readonly count: WireCount,
		private readonly begins: (head: string) => boolean,
	) {}

	read(chunk: Buffer): void {
		if (this.mode === 'other') return;
		this.pending = Buffer.concat([this.pending, chunk]);
		if (this.mode === 'head' && !this.readHead()) return;
		while (this.readFrame());
	}

	private readHead(): boolean {
		const end = this.pending.indexOf('\r\n\r\n');
		if (end < 0) return false;
		this.mode = this.begins(this.pending.toString('latin1', 0, end)) ? 'frames' : 'other';
		this.pending = this.pending.subarray(end + 4);
		return this.mode === 'frames';
	}

	private readFrame(): boolean {
		const { pending } = this;
		if (pending.length < 2) return false;
		const [first, second] = pending as unknown as [number, number];
		const short = second & 0x7f;
		const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
		const maskBytes = second & 0x80 ? 4 : 0;
		const start = 2 + lengthBytes + maskBytes;
		if (pending.length < start) return false;
		const length = lengthBytes === 0 ? short : lengthBytes === 2 ? pending.readUInt16BE(2) : Number(pending.readBigUInt64BE(2));
		if (pending.length < start + length) return false;
		if (first & 0x40) throw new Error('a compressed frame: its payload cannot be compared');
		this.tally(first & 0x0f, (first & 0x80) !== 0, pending.subarray(start - maskBytes, start), pending.subarray(start, start + length));
		this.pending = pending.subarray(start + length);
		return true;
	}

	private tally(opcode: number, final: boolean, mask: Buffer, payload: Buffer): void {
		if (opcode <= 2) {
			this.count.bytes += payload.length;
			if (final) this.count.messages++;
		} else if (opcode === 8) {
			this.count.closeCode ??= payload.length < 2 ? 1005 : payload.readUInt16BE(0) ^ (mask.length ? mask.readUInt16BE(0) : 0);
		}
	}
}

function blank(): WireCount {
	return { messages: 0, bytes: 0, closeCode: null };
}
