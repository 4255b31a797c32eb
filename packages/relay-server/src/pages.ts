import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface PagesOptions {
	isDraining(): boolean;
	metricsToken: string | undefined;
	metrics(): Promise<{ contentType: string; text: string }>;
}

/** What the relay answers over HTTP: /health for a load balancer, /metrics for Prometheus. */
export function createPages({ isDraining, metricsToken, metrics }: PagesOptions): (request: IncomingMessage, response: ServerResponse) => void {
	return (request, response) => {
		const path = request.url?.split('?', 1)[0];
		if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'this port takes GET and WebSocket upgrades\n');
		if (path === '/health') {
			const status = isDraining() ? 'draining' : 'ok';
			return answer(response, isDraining() ? 503 : 200, JSON.stringify({ status }), 'application/json');
		}
		if (path !== '/metrics') return answer(response, 426, 'this is a relay for WebSockets\n');
		if (!mayRead(request, metricsToken)) return answer(response, 403, 'metrics are for this machine, or for who sends the metrics token\n');
		metrics().then(
			({ text, contentType }) => answer(response, 200, text, contentType),
			() => answer(response, 500, 'the metrics could not be read\n'),
		);
	};
}

/** A proxy on this machine would make everybody look local, so what it says it forwards is not. */
function mayRead({ socket, headers }: IncomingMessage, token: string | undefined): boolean {
	if (token !== undefined && isSame(headers.authorization ?? '', `Bearer ${token}`)) return true;
	return headers['x-forwarded-for'] === undefined && /^(::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '');
}

/** Hashed first: the time tells nothing, not even the length. */
function isSame(a: string, b: string): boolean {
	const [left, right] = [a, b].map((text) => createHash('sha256').update(text).digest()) as [Buffer, Buffer];
	return timingSafeEqual(left, right);
}

function answer(response: ServerResponse, status: number, text: string, contentType = 'text/plain'): void {
	response
		.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(text), 'Cache-Control': 'no-store', Connection: 'close' })
		.end(text);
}
