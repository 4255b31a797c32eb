import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { fixed } from '../retry/backoffs.js';
import { soon } from './fixtures/soon.js';
import { HttpEndpoint } from './http-endpoint.js';

const undo: (() => void)[] = [];
afterEach(() => {
	for (const act of undo.splice(0)) act();
});

async function listen<S extends Server | ReturnType<typeof createTcpServer>>(server: S, port = 0): Promise<number> {
	await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
	undo.push(() => server.close());
	return (server.address() as AddressInfo).port;
}

function watch(port: number, timeoutMs = 10_000): HttpEndpoint {
	const endpoint = new HttpEndpoint({ node: 'node1', url: `http://127.0.0.1:${port}`, checkIntervalMs: 10, timeoutMs, backoff: fixed({ delayMs: 5 }) });
	undo.push(() => endpoint.stop());
	endpoint.start();
	return endpoint;
}

const answering = (answer: RequestListener) => createServer({ keepAliveTimeout: 1 }, answer);

test('a real service that falters is unavailable, and available again', async () => {
	let status = 404;
	const port = await listen(answering((_request, response) => response.writeHead(status).end('some text')));
	const endpoint = watch(port);
	await soon(() => expect(endpoint.isAvailable).toBe(true));
	expect(await (await endpoint.request('/any')).text()).toBe('some text');
	status = 500;
	await soon(() => expect(endpoint.snapshot).toMatchObject({ is_available: false, last_error: 'HTTP 500' }));
	status = 200;
	await soon(() => expect(endpoint.isAvailable).toBe(true));
	expect(endpoint.metrics.reconnections).toBe(1);
});

test('a service that is not there refuses, and is found when it starts', async () => {
	const probe = answering(() => {});
	const port = await listen(probe);
	await new Promise((resolve) => probe.close(resolve));
	const endpoint = watch(port);
	await soon(() => expect(endpoint.snapshot.last_error).toBe(`connect ECONNREFUSED 127.0.0.1:${port}`));
	await listen(
		answering((_request, response) => response.end()),
		port,
	);
	await soon(() => expect(endpoint.isAvailable).toBe(true));
});

test('a service that resets connections is unavailable', async () => {
	const port = await listen(createTcpServer((socket) => socket.resetAndDestroy()));
	const endpoint = watch(port);
	await soon(() => expect(endpoint.snapshot.last_error).toMatch(/ECONNRESET|other side closed/));
});

test('a service that takes connections and never answers is unavailable after the timeout', async () => {
	const port = await listen(createTcpServer((socket) => undo.push(() => socket.destroy())));
	const endpoint = watch(port, 50);
	await soon(() => expect(endpoint.snapshot).toMatchObject({ state: 'error', last_error: 'Connection timeout' }));
});

test('an answer whose body never ends is an answer, and its connection is given up', async () => {
	let open = 0;
	const server = answering((_request, response) => {
		open++;
		response.on('close', () => open--);
		response.write('x');
	});
	const endpoint = watch(await listen(server));
	await soon(() => expect(endpoint.metrics.healthChecks).toBeGreaterThan(20));
	expect(endpoint.metrics.healthCheckSuccessPercent).toBe(100);
	endpoint.stop();
	await soon(() => expect(open).toBe(0));
});

test('what is no HTTP is a failure on one line', async () => {
	const port = await listen(createTcpServer((socket) => void socket.on('error', () => {}).end('NOT HTTP\u001b[31m\r\n\r\n')));
	const endpoint = watch(port);
	await soon(() => expect(endpoint.state).toBe('error'));
	expect(endpoint.snapshot.last_error).toMatch(/^[ -~…]{1,200}$/);
});
