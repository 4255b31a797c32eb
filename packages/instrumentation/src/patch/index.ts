export type { PatchOptions } from './target.js';
export { instrumentUndici, patchWebSocket } from './web-socket.js';
export { patchWorkerConstructor, workerScript } from './worker-constructor.js';
export { instrumentWs } from './ws.js';
