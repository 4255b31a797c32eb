import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { servePage } from './page-files.js';

const folder = mkdtempSync(join(tmpdir(), 'linkscope-page-'));
const server = createServer();
let port: number;

beforeAll(async () => {
	mkdirSync(join(folder, 'public/assets'), { recursive: true });
	writeFileSync(join(folder, 'secret.txt'), 'secret');
	writeFileSync(join(folder, 'public/index.html'), '<!doctype html>');
	writeFileSync(join(folder, 'public/assets/page.js'), 'export {}');
	server.on('request', servePage(join(folder, 'public'), ['127.0.0.1']));
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	port = (server.address() as AddressInfo).port;
});
afterAll(() => {
	server.close();
	rmSync(folder, { recursive: true });
});

/** A raw path, because fetch and URL would tidy it up. */
function get(path: string, { method = 'GET', host = '127.0.0.1' } = {}): Promise<{ status?: number; headers: NodeJS.Dict<string | string[]>; body: string }> {
	return new Promise((resolve, reject) => {
		const asked = request({ host: '127.0.0.1', port, path, method, agent: false, headers: { Host: `${host}:${port}` } }, (response) => {
			let body = '';
			response.on('data', (data) => {
				body += data;
			});
			response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
		});
		asked.on('error', reject).end();
	});
}

describe('the page server', () => {
	it('serves its files with their types, and no other', async () => {
		expect(await get('/?query')).toMatchObject({ status: 200, body: '<!doctype html>', headers: { 'content-type': 'text/html; charset=utf-8' } });
		expect(await get('/assets/page.js')).toMatchObject({ status: 200, headers: { 'content-type': 'text/javascript; charset=utf-8' } });
		expect((await get('/assets')).status).toBe(404);
	});

	it.each(['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/assets/../../secret.txt', '/..\\secret.txt', '//etc/passwd', '/%00', '/%'])(
		'finds nothing outside of its folder: %s',
		async (path) => {
			const { status, body } = await get(path);
			expect(status).toBe(404);
			expect(body).not.toContain('secret');
		},
	);

	it('runs no script but its own', async () => {
		const { headers } = await get('/');
		expect(headers['content-security-policy']).toMatch(/default-src 'none'; script-src 'self';/);
		expect(headers['content-security-policy']).not.toMatch(/unsafe|\*/);
		expect(headers['x-content-type-options']).toBe('nosniff');
	});

	it('answers GET and HEAD only, and only to its own name', async () => {
		expect(await get('/', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
		expect((await get('/', { method: 'POST' })).status).toBe(405);
		expect((await get('/', { host: 'rebound.example' })).status).toBe(403);
	});
});
