import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { createRelayServer, type RelayServer, type RelayServerOptions } from '@linkscope/relay-server';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { selfSigned } from '../packages/transports/src/test-certificate.js';

const tls = selfSigned();

async function startRelay(options: RelayServerOptions = {}): Promise<{ relay: RelayServer; url: string; port: number }> {
	const relay = createRelayServer({ port: 0, tls, ...options });
	const { url, port } = await relay.listen();
	onTestFinished(() => relay.close());
	return { relay, url, port };
}

test('a relay with a certificate is dialled by wss:, and that is the origin it takes', async () => {
	const { relay, url, port } = await startRelay();
	expect(url).toBe(`wss://127.0.0.1:${port}`);
	for (const [origin, answer] of [
		[url, 'relay_challenge'],
		[url.replace('wss', 'ws'), '4401 RELAY_ORIGIN_UNKNOWN'],
	] as const) {
		const socket = new WebSocket(url, { ca: tls.cert });
		const ended = once(socket, 'close');
		await once(socket, 'open');
		const key = Buffer.alloc(32, 9).toString('base64url');
		socket.send(JSON.stringify({ type: 'relay_hello', v: 1, origin, key, nonce: key }));
		const first = await Promise.race([once(socket, 'message').then(([data]) => JSON.parse(data).type), ended.then(([code, reason]) => `${code} ${reason}`)]);
		expect(first).toBe(answer);
		socket.close();
		await ended;
	}
	await expect.poll(() => relay.counts.connections).toBe(0);
});

test('who does not finish its TLS handshake, or its upgrade behind it, is cut off', async () => {
	const { relay, port } = await startRelay({ limits: { handshakeTimeoutMs: 300 } });
	const silent = connect(port, '127.0.0.1');
	const slow = connectTls(port, '127.0.0.1', { ca: tls.cert });
	slow.once('secureConnect', () => slow.write('GET / HTTP/1.1\r\nHost: x\r\n'));
	for (const socket of [silent, slow]) socket.on('error', () => {});
	await Promise.all([once(silent, 'close'), once(slow, 'close')]);
	await expect.poll(() => relay.counts.remembered).toBe(0);
});

test('a TLS older than 1.2 is refused', async () => {
	const { port } = await startRelay();
	const socket = connectTls(port, '127.0.0.1', { ca: tls.cert, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
	const [error] = await once(socket, 'error');
	expect(String(error)).toMatch(/version|EPROTO/i);
});
