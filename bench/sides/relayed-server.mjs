import WebSocket from 'ws';
import { serveCommands } from '../harness/serve-commands.mjs';

/** The echo server of raw-server.mjs behind a relay: it dials. */
const socket = new WebSocket(process.argv[2], { perMessageDeflate: false });
socket.addEventListener('message', (event) => socket.send(event.data));
const opened = new Promise((resolve) => socket.addEventListener('open', resolve));

serveCommands({ ready: async () => void (await opened) });
