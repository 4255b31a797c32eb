import { CompressionPlugin, type Connection, connect, PingPongPlugin, StatisticsPlugin, TypedMessagesPlugin } from 'linkscope';

const HEARTBEAT_MS = 5_000;
const DATA_MS = 1_000;
const DISCOVERY_MS = 8_000;
const SESSION_MS = 20_000;
const LINK_MS = 2_000;

/**
 * A little traffic, so that a person sees the page live: plain WebSockets in the patterns of seeds/004, as an application
 * without linkscope would use them, and one Connection with plugins. Ends with the page; a server that is gone is tried again.
 */
export function startTraffic(page: URL): void {
	const ws = socketUrl('ws', page);
	keepOpen(ws, HEARTBEAT_MS, () => JSON.stringify({ type: 'heartbeat' }));
	keepOpen(ws, DATA_MS, () => JSON.stringify({ type: 'chunk', objects: 'x'.repeat(200 + Math.floor(Math.random() * 1200)) }));
	discover(ws);
	setInterval(() => discover(ws), DISCOVERY_MS);
	login(ws);
	setInterval(() => login(ws), SESSION_MS);
	// One that is refused, for the list of errors.
	new WebSocket(socketUrl('nowhere', page));
	void openLink(socketUrl('link', page));
}

function socketUrl(path: string, page: URL): string {
	return new URL(path, page).href.replace(/^http/, 'ws');
}

/** A socket that sends at a rhythm, and is dialled again where it ends. */
function keepOpen(url: string, intervalMs: number, message: () => string): void {
	const socket = new WebSocket(url);
	const timer = setInterval(() => socket.readyState === WebSocket.OPEN && socket.send(message()), intervalMs);
	socket.onclose = () => {
		clearInterval(timer);
		setTimeout(() => keepOpen(url, intervalMs, message), HEARTBEAT_MS);
	};
}

/** Query, answer, close. */
function discover(url: string): void {
	const socket = new WebSocket(url);
	socket.onopen = () => socket.send(JSON.stringify({ type: 'query', what: 'endpoints' }));
	socket.onmessage = () => socket.close(1000, 'Close called.');
}

const session = crypto.randomUUID();

/** Each login of the session makes the server close the one before it. */
function login(url: string): void {
	const socket = new WebSocket(url);
	socket.onopen = () => socket.send(JSON.stringify({ type: 'response', session }));
}

async function openLink(url: string): Promise<void> {
	const plugins = [new PingPongPlugin({ intervalMs: 1000 }), new StatisticsPlugin(), new CompressionPlugin(), new TypedMessagesPlugin()];
	let link: Connection;
	try {
		link = await connect(url, { plugins, label: 'link', tags: { purpose: 'demo' } });
	} catch {
		setTimeout(() => void openLink(url), HEARTBEAT_MS);
		return;
	}
	link.onMessage.on(() => {});
	const timer = setInterval(() => {
		link.send('status '.repeat(40));
		// An end of the connection is seen below.
		link
			.plugin<TypedMessagesPlugin>('typed-messages')
			.request({ type: 'time' })
			.catch(() => {});
	}, LINK_MS);
	link.onClose.on(() => {
		clearInterval(timer);
		setTimeout(() => void openLink(url), HEARTBEAT_MS);
	});
}
