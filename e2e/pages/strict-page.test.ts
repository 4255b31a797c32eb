import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { BROWSER_ARGS, findBrowser } from '../../scripts/find-browser.mjs';

// Pages as strict as they come, each with the drop-in bundle before the application's script.
const policy = "default-src 'none'; script-src 'self'; connect-src 'self' ws://127.0.0.1:*; require-trusted-types-for 'script'; sandbox allow-scripts";

const prelude: Record<string, string> = {
	plain: '',
	frozen: 'Object.freeze(WebSocket); Object.freeze(WebSocket.prototype); Object.defineProperty(window, "WebSocket", { writable: false, configurable: false });',
	absent: 'delete window.WebSocket;',
};

const application = `
	window.complaints = [];
	addEventListener('securitypolicyviolation', (event) => complaints.push(event.violatedDirective));
	addEventListener('error', (event) => complaints.push(event.message));
	window.echoed = async (url) => {
		if (!window.WebSocket) return null;
		const socket = new WebSocket(url);
		await new Promise((resolve) => (socket.onopen = resolve));
		const answer = new Promise((resolve) => (socket.onmessage = resolve));
		socket.send('hello');
		const { data } = await answer;
		await new Promise((resolve) => { socket.onclose = resolve; socket.close(1000); });
		return data;
	};
`;

let pages: Server;
let echo: WebSocketServer;
let browser: Browser;

beforeAll(async () => {
	const { outputFiles } = await build({
		entryPoints: [fileURLToPath(import.meta.resolve('@linkscope/instrumentation/auto'))],
		conditions: ['@linkscope/source'],
		bundle: true,
		write: false,
		format: 'iife',
	});
	const auto = outputFiles[0]?.text ?? '';
	pages = createServer((request, response) => {
		const [, kind = '', file = ''] = (request.url ?? '').split('/');
		response.setHeader('content-security-policy', policy);
		response.setHeader('content-type', file ? 'text/javascript' : 'text/html');
		if (file === 'auto.js') response.end(auto);
		else if (file === 'prelude.js') response.end(prelude[kind]);
		else if (file === 'application.js') response.end(application);
		else response.end(['application.js', 'prelude.js', 'auto.js'].map((name) => `<script src="/${kind}/${name}"></script>`).join(''));
	}).listen(0, '127.0.0.1');
	echo = new WebSocketServer({ host: '127.0.0.1', port: 0 });
	echo.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))));
	browser = await chromium.launch({ executablePath: findBrowser() ?? undefined, args: BROWSER_ARGS });
}, 30_000);

afterAll(async () => {
	await browser?.close();
	for (const socket of echo.clients) socket.terminate();
	echo.close();
	pages.close();
});

async function visit(kind: string): Promise<{ echoed: unknown; complaints: unknown; sockets: [number, number, unknown][] }> {
	const page: Page = await browser.newPage();
	await page.goto(`http://127.0.0.1:${(pages.address() as AddressInfo).port}/${kind}/`);
	return page.evaluate(
		async (url) => {
			const scope = globalThis as unknown as {
				echoed(url: string): Promise<unknown>;
				complaints: unknown;
				getConnectionInstrumentationStats(): { connections: { messagesSent: number; messagesReceived: number; close: { code: number } | null }[] };
			};
			const echoed = await scope.echoed(url);
			const { connections } = scope.getConnectionInstrumentationStats();
			return {
				echoed,
				complaints: scope.complaints,
				sockets: connections.map(({ messagesSent, messagesReceived, close }) => [messagesSent, messagesReceived, close?.code] as [number, number, unknown]),
			};
		},
		`ws://127.0.0.1:${(echo.address() as AddressInfo).port}/`,
	);
}

test('under a strict content security policy, sandboxed, the patch observes and breaks no rule', async () => {
	expect(await visit('plain')).toEqual({ echoed: 'hello', complaints: [], sockets: [[1, 1, 1000]] });
});

test('a frozen WebSocket works on, unobserved', async () => {
	expect(await visit('frozen')).toEqual({ echoed: 'hello', complaints: [], sockets: [] });
});

test('a page without WebSocket loads without an error', async () => {
	expect(await visit('absent')).toEqual({ echoed: null, complaints: [], sockets: [] });
});
