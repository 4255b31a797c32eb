import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';

/**
 * Two people edit one document, each over a socket of its own. They leave one
 * after the other, with nothing under way to them: what reaches a closing socket is on the wire and never reaches an application.
 */
export async function useYWebsocket(port: number, WebSocketClass?: typeof WebSocket): Promise<void> {
	const join = async () => {
		const doc = new Y.Doc();
		const options = { disableBc: true, ...(WebSocketClass && { WebSocketPolyfill: WebSocketClass }) };
		const provider = new WebsocketProvider(`ws://127.0.0.1:${port}`, 'room', doc, options);
		await new Promise((resolve) => provider.on('sync', resolve));
		return { text: doc.getText('page'), provider };
	};
	const [alice, bob] = await Promise.all([join(), join()]);
	await changeOf(bob.text, () => alice.text.insert(0, 'grüße 🌍'));
	await changeOf(alice.text, () => bob.text.insert(0, 'hello '));
	await changeOf(bob.text, () => alice.text.insert(0, '> '));
	if (bob.text.toString() !== '> hello grüße 🌍') throw new Error(`y-websocket made ${bob.text}`);
	const farewell = new Promise((resolve) => bob.provider.ws?.addEventListener('message', resolve, { once: true }));
	alice.provider.destroy();
	await farewell;
	bob.provider.destroy();
}

/** Resolves when the remote change that `edit` makes has arrived. */
function changeOf(text: Y.Text, edit: () => void): Promise<void> {
	const arrived = new Promise<void>((resolve) => text.observe(() => resolve()));
	edit();
	return arrived;
}
