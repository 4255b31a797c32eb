import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
	'.html': 'text/html; charset=utf-8',
	'.js': 'text/javascript; charset=utf-8',
	'.css': 'text/css; charset=utf-8',
	'.svg': 'image/svg+xml',
	'.map': 'application/json',
};

const HEADERS = {
	// The page's form may dial any WebSocket; everything else comes from here and nothing is inline.
	'Content-Security-Policy':
		"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	'X-Content-Type-Options': 'nosniff',
	'Referrer-Policy': 'no-referrer',
	'Cross-Origin-Opener-Policy': 'same-origin',
	'Cache-Control': 'no-cache',
};

/**
 * Serves the files of a folder, all read beforehand: what is not in the table does not exist, so no path leads out of it.
 * @param hosts names the page may be asked by; a request for any other is a rebound DNS name and refused. Null: any.
 */
export function servePage(folder: string, hosts: readonly string[] | null): RequestListener {
	const files = readFiles(folder);
	return (request, response) => {
		if (hosts && !hosts.includes(hostnameOf(request))) return answer(response, 403, 'This host name is not served here.');
		if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'Only GET and HEAD.');
		const path = (request.url ?? '/').replace(/[?#].*$/s, '');
		const file = files.get(path === '/' ? '/index.html' : path);
		if (!file) return answer(response, 404, files.size === 0 ? 'The page is not built yet: npm run build' : 'Not found.');
		response.writeHead(200, { ...HEADERS, 'Content-Type': file.type, 'Content-Length': file.body.byteLength });
		response.end(request.method === 'HEAD' ? undefined : file.body);
	};
}

function readFiles(folder: string): Map<string, { type: string; body: Buffer }> {
	const files = new Map<string, { type: string; body: Buffer }>();
	for (const entry of listFolder(folder)) {
		if (!entry.isFile()) continue;
		const file = join(entry.parentPath, entry.name);
		files.set(`/${relative(folder, file).split(sep).join('/')}`, {
			type: TYPES[extname(entry.name)] ?? 'application/octet-stream',
			body: readFileSync(file),
		});
	}
	return files;
}

function listFolder(folder: string) {
	try {
		return readdirSync(folder, { withFileTypes: true, recursive: true });
	} catch {
		return []; // run from source, before a build
	}
}

function hostnameOf(request: IncomingMessage): string {
	return (request.headers.host ?? '').replace(/:\d+$/, '');
}

function answer(response: ServerResponse, status: number, text: string): void {
	response.writeHead(status, { ...HEADERS, 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
