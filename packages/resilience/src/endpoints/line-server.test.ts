import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { fixed } from '../retry/backoffs.js';
import { diaryOf } from './fixtures/endpoint-diary.js';
import { soon } from './fixtures/soon.js';
import { LineStream, type LineStreamOptions } from './line-stream.js';

const undo: (() => void)[] = [];
afterEach(() => {
	for (const act of undo.splice(0)) act();
});

async function listen(serve: (socket: Socket) => void, port = 0) {
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		sockets.add(socket);
		socket.on('error', () => {});
		serve(socket);
	});
	await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
	const stop = () => {
		server.close();
		for (const socket of sockets) socket.destroy();
	};
	undo.push(stop);
	return { port: (server.address() as AddressInfo).port, sockets, stop };
}

function read(port: number, options: Partial<LineStreamOptions> = {}) {
	const stream = new LineStream({ node: 'node1', host: '127.0.0.1', port, backoff: fixed({ delayMs: 5 }), ...options });
	const diary = diaryOf(stream);
	const lines: string[] = [];
	undo.push(() => stream.stop());
	stream.start();
	return { stream, diary, lines, readAll: () => stream.onLine.on((line) => lines.push(line)) };
}

test('a real server that is stopped and started again is read on', async () => {
	const first = await listen((socket) => socket.write('one\n'));
	const { lines, readAll, diary, stream } = read(first.port);
	readAll();
	await soon(() => expect(lines).toEqual(['one']));
	first.stop();
	await soon(() => expect(stream.snapshot.last_error).toBe('[Errno 111] Connection refused'));
	await listen((socket) => socket.write('two\n'), first.port);
	await soon(() => expect(lines).toEqual(['one', 'two']));
	expect(
		diary.lines.some((line) => line.startsWith(`ERROR: [node1] Cannot connect to 127.0.0.1:${first.port}: [Errno 111] Connection refused. Attempt `)),
	).toBe(true);
	expect(stream.metrics.reconnections).toBe(1);
});

test('a server that closes in good order is left in good order, and dialled again', async () => {
	let connections = 0;
	const { port } = await listen((socket) => socket.end(`${++connections}\nrest`));
	const { lines, readAll, diary } = read(port);
	readAll();
	await soon(() => expect(lines.slice(0, 4)).toEqual(['1', 'rest', '2', 'rest']));
	expect(diary.lines[1]).toBe(`WARNING: [node1] Connection to 127.0.0.1:${port} closed by remote end`);
});

test('a server that resets is dialled again', async () => {
	const { port } = await listen((socket) => socket.once('data', () => {}).resetAndDestroy());
	const { diary } = read(port);
	await soon(() => expect(diary.lines.join('\n')).toMatch(/\[Errno 104\] Connection reset by peer. Attempt 1/));
});

test('a server that takes the connection and never says anything is left where silence is a fault', async () => {
	const { port, sockets } = await listen(() => {});
	const { diary } = read(port, { silenceTimeoutMs: 100 });
	await soon(() => expect(sockets.size).toBeGreaterThan(1));
	expect(diary.lines[1]).toMatch(/lost: nothing received for \ds/);
});

test('lines that come byte by byte are whole', async () => {
	const { port } = await listen(async (socket) => {
		socket.setNoDelay();
		for (const byte of Buffer.from('grüße 🎈\nend\n')) {
			socket.write(Buffer.of(byte));
			await new Promise((resolve) => setImmediate(resolve));
		}
	});
	const { lines, readAll } = read(port);
	readAll();
	await soon(() => expect(lines).toEqual(['grüße 🎈', 'end']));
});

test('a giant line is left out, and costs nothing', async () => {
	const { port } = await listen((socket) => {
		for (let i = 0; i < 32; i++) socket.write(Buffer.alloc(1_048_576, 'x'));
		socket.write('\nafter\n');
	});
	const { lines, readAll, stream } = read(port);
	readAll();
	await soon(() => expect(lines).toEqual(['after']));
	expect(stream.droppedLines).toBe(1);
});

test('a reader that is slow makes the server wait, and reads every line once', async () => {
	const total = 20_000;
	let server: Socket | undefined;
	const text = (index: number) => `${index} ${'x'.repeat(500)}`;
	const { port } = await listen((socket) => {
		server = socket;
		for (let i = 0; i < total; i++) socket.write(`${text(i)}\n`);
	});
	const { stream } = read(port, { maxUnreadBytes: 10_000 });
	await soon(() => expect(server?.writableLength).toBeGreaterThan(1_000_000));
	const before = server?.writableLength;
	await new Promise((resolve) => setImmediate(resolve));
	expect(server?.writableLength).toBe(before);
	let count = 0;
	for await (const line of stream.lines()) {
		if (line !== text(count)) expect(line).toBe(text(count));
		if (++count === total) break;
	}
	expect(stream.metrics.reconnections).toBe(0);
});

test('a server that closes while it has to wait is read to its end', async () => {
	const sent = Array.from({ length: 20_000 }, (_, index) => `${index} ${'x'.repeat(200)}`);
	let connections = 0;
	const { port } = await listen((socket) => (connections++ === 0 ? socket.end(sent.join('\n')) : undefined));
	const { lines, readAll } = read(port, { maxUnreadBytes: 1_000 });
	await soon(() => expect(connections).toBe(1));
	await new Promise((resolve) => setImmediate(resolve));
	readAll();
	await soon(() => expect(lines).toHaveLength(sent.length));
	expect(lines).toEqual(sent);
	await soon(() => expect(connections).toBe(2));
	expect(lines).toHaveLength(sent.length);
});
