import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { runCli } from './run-cli.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

class FakeProcess extends EventEmitter {
	out = '';
	err = '';
	env = {};
	stdout = { write: (text: string) => (this.out += text) };
	stderr = { write: (text: string) => (this.err += text) };
}

interface RunningRelay {
	process: FakeProcess;
	url: string;
	http: string;
	code: Promise<number>;
}

async function startRelay(...args: string[]): Promise<RunningRelay> {
	const process = new FakeProcess();
	const code = runCli(['relay', '--port', '0', ...args], process, root);
	onTestFinished(async () => {
		process.emit('SIGTERM');
		process.emit('SIGTERM');
		await code;
	});
	await expect.poll(() => process.out + process.err).toContain('It ends with');
	const url = /relay at (\S+)/.exec(process.out)?.[1] as string;
	return { process, url, http: url.replace(/^ws/, 'http'), code };
}

async function failed(...args: string[]): Promise<{ code: number; err: string }> {
	const process = new FakeProcess();
	const code = await runCli(['relay', ...args], process, root);
	expect(process.out).toBe('');
	return { code, err: process.err };
}

let folder = '';

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'linkscope-relay-'));
	onTestFinished(() => rmSync(folder, { recursive: true }));
});

function file(name: string, text: string): string {
	const path = join(folder, name);
	writeFileSync(path, text);
	return path;
}

describe('linkscope relay', () => {
	it('says where it listens and who it is, logs JSON, and ends on SIGTERM with 0', async () => {
		const { process, http, code } = await startRelay();
		expect(process.out).toMatch(
			/^linkscope relay at ws:\/\/127\.0\.0\.1:\d+\n {2}identity {3}[0-9a-z]{4}(-[0-9a-z]{4}){7}\n {2}its key {4}[\w-]{43}\n {2}ONE's key {2}[0-9a-f]{64}\n/,
		);
		expect(await (await fetch(`${http}/health`)).json()).toEqual({ status: 'ok' });
		process.emit('SIGTERM');
		expect(await code).toBe(0);
		const events = process.err
			.trim()
			.split('\n')
			.map((line) => JSON.parse(line).event);
		expect(events).toEqual(['listening', 'draining', 'closed']);
		expect(process.listenerCount('SIGTERM') + process.listenerCount('SIGINT')).toBe(0);
		await expect(fetch(`${http}/health`)).rejects.toThrow();
	});

	it('drains at the first signal and does not wait at the second', async () => {
		const config = file('relay.json', JSON.stringify({ drainTimeoutMs: 86_400_000 }));
		const { process, url, http, code } = await startRelay('--config', config);
		const listener = new WebSocket(url);
		const ended = new Promise<string>((resolve) => listener.once('close', (code, reason) => resolve(`${code} ${reason}`)));
		await new Promise((resolve) => listener.once('open', resolve));
		process.emit('SIGINT');
		expect(await ended).toBe('1012 relay restarting');
		process.emit('SIGTERM');
		expect(await code).toBe(0);
		await expect(fetch(`${http}/health`)).rejects.toThrow();
	});

	it('keeps its identity in the folder that its configuration names, beside that file', async () => {
		const config = file('relay.json', JSON.stringify({ identity: 'who', one: false, limits: { maxConnections: 10, spliceBytes: null } }));
		const first = await startRelay('--config', config);
		const second = await startRelay('--config', config);
		const keyOf = ({ process }: RunningRelay): string | undefined => /its key +(\S+)/.exec(process.out)?.[1];
		expect(keyOf(first)).toBe(keyOf(second));
		expect(first.process.out).not.toContain("ONE's key");
	});

	it('takes options before the configuration', async () => {
		const config = file('relay.json', JSON.stringify({ host: '192.0.2.1', port: 1 }));
		expect((await startRelay('--config', config, '--host', '127.0.0.1')).url).toMatch(/^ws:\/\/127\.0\.0\.1:/);
	});

	it('names a port that is taken and what to do, with 1', async () => {
		const server = createServer();
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		onTestFinished(() => void server.close());
		const { port } = server.address() as AddressInfo;
		expect(await failed('--port', String(port))).toEqual({
			code: 1,
			err: `linkscope: relay: port ${port} of 127.0.0.1 is taken: choose another port, or 0 for a free one [LISTEN_FAILED]\n`,
		});
	});

	it.each([
		[
			'is not there',
			null,
			/^linkscope: the TLS certificate .*cert\.pem cannot be read: ENOENT[^\n]*; name a PEM file that this user may read \[TLS_UNREADABLE\]\n$/,
		],
		['is none', 'not a certificate', /^linkscope: relay: the TLS certificate or key cannot be used: [^\n]*; give a PEM certificate[^\n]*\n$/],
	])('says in one line that a certificate %s, with 1', async (_, text, expected) => {
		if (text !== null) file('cert.pem', text);
		const key = file('key.pem', 'not a key either');
		const { code, err } = await failed('--port', '0', '--tls-cert', join(folder, 'cert.pem'), '--tls-key', key);
		expect(err).toMatch(expected);
		expect(code).toBe(1);
	});

	it('says in one line that Redis does not answer, with 1, and leaves the port', async () => {
		const server = createServer();
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const { port } = server.address() as AddressInfo;
		await new Promise<void>((resolve) => server.close(() => resolve()));
		const { code, err } = await failed('--port', '0', '--redis', `redis://127.0.0.1:${port}`);
		expect(err.split('\n').filter((line) => !line.startsWith('{'))).toEqual([expect.stringMatching(/^linkscope: .*Redis.*/), '']);
		expect(code).toBe(1);
	});

	it.each([
		['no JSON', '{ "port": 4190', 'it is not one JSON object'],
		['a list', '[]', 'it is not one JSON object'],
		['an unknown option', '{"prot":1}', 'there is no option "prot"; it knows host, port'],
		['an unknown limit', '{"limits":{"maxConections":1}}', 'there is no limit "maxConections"; it knows registrationsPerKey'],
		['an option of the wrong kind', '{"port":"4190"}', '"port" must be a number'],
		['a list of the wrong kind', '{"publicUrls":"wss://relay.example"}', '"publicUrls" must be a list of texts'],
	])('refuses a configuration with %s in one line, with 1', async (_, text, expected) => {
		const path = file('relay.json', text);
		const { code, err } = await failed('--config', path);
		expect(err).toContain(`linkscope: the configuration ${path} cannot be used: ${expected}`);
		expect(err.trim().split('\n')).toHaveLength(1);
		expect(code).toBe(1);
	});

	it('never quotes what stands in a configuration', async () => {
		const path = file('relay.json', '{"clusterSecret":"hunter2-hunter2",');
		expect((await failed('--config', path)).err).not.toContain('hunter2');
	});

	it('names a configuration that cannot be read', async () => {
		expect(await failed('--config', join(folder, 'none.json'))).toMatchObject({
			code: 1,
			err: expect.stringContaining('none.json cannot be used: it cannot be read: ENOENT'),
		});
	});

	it.each([
		[['now'], 'takes options alone, got "now"'],
		[['--port', '70000'], '--port must be a whole number from 0 to 65535'],
		[['--tls-cert', 'a.pem'], 'belong together'],
		[['--cluster-url', 'ws://127.0.0.1:1'], 'give --redis too'],
		[['--host', '0.0.0.0', '--redis', 'redis://127.0.0.1:1'], '--redis needs --cluster-url'],
		[['--public-url', 'https://relay.example'], 'publicUrls must hold ws: or wss: URLs'],
		[['--redis', 'redis://127.0.0.1:1', '--cluster-url', 'http://127.0.0.1'], 'clusterUrl must be a ws: or wss: URL'],
		[['--frobnicate'], 'there is no option "--frobnicate"'],
	])('refuses %j with 2', async (args, expected) => {
		const { code, err } = await failed(...args);
		expect(err).toContain(expected);
		expect(code).toBe(2);
	});
});
