import { useGraphqlWs } from './graphql-ws.js';
import { useMqtt } from './mqtt.js';
import { usePartysocket } from './partysocket.js';
import { useSocketIo } from './socket-io.js';
import { useYWebsocket } from './y-websocket.js';

/**
 * What each application does, on its own unmodified library, until its last connection is closed.
 * `WebSocketClass` goes to libraries that look for a global WebSocket where a platform has none (Node 20).
 */
export const applications: Record<string, (port: number, WebSocketClass?: typeof WebSocket) => Promise<void>> = {
	'socket.io': useSocketIo,
	mqtt: useMqtt,
	'graphql-ws': useGraphqlWs,
	partysocket: usePartysocket,
	'y-websocket': useYWebsocket,
};
