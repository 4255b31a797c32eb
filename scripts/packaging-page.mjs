import { createServer } from 'node:http';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { WebSocketServer } from 'ws';
import { ensureBrowser } from './ensure-browser.mjs';
import { BROWSER_ARGS } from './find-browser.mjs';

/** The installed script-tag bundle must instrument a page by being there: both functions on the window, and a socket seen. */
export async function loadScriptTag({ path }) {
	const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><title>page</title>'));
	const sockets = new WebSocketServer({ server });
	sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data, { binary: false })));
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	const browser = await chromium.launch({ executablePath: await ensureBrowser(), args: BROWSER_ARGS });
	try {
		const page = await browser.newPage();
		await page.goto(`http://127.0.0.1:${server.address().port}/`);
		await page.addScriptTag({ path: join(path, 'node_modules/linkscope/dist/linkscope.iife.js') });
		const seen = await page.evaluate(talkOnce);
		const expected = { connections: 1, messagesSent: 1, messagesReceived: 1, reportNamesHost: true, global: true };
		if (JSON.stringify(seen) !== JSON.stringify(expected)) throw new Error(`The page saw ${JSON.stringify(seen)}, not ${JSON.stringify(expected)}.`);
	} finally {
		await browser.close();
		sockets.close();
		server.close();
	}
}

// Runs in the page.
async function talkOnce() {
	const socket = new WebSocket(location.href.replace('http', 'ws'));
	await new Promise((resolve, reject) => {
		socket.onopen = () => socket.send('hello');
		socket.onmessage = resolve;
		socket.onerror = () => reject(new Error('The socket failed.'));
	});
	const { totalConnections, global } = globalThis.getConnectionInstrumentationStats();
	return {
		connections: totalConnections,
		messagesSent: global.messagesSent,
		messagesReceived: global.messagesReceived,
		reportNamesHost: String(globalThis.getConnectionInstrumentationReport()).includes(location.host),
		global: typeof globalThis.linkscope.Connection === 'function',
	};
}
