// What `import … from 'linkscope'` gives in a browser: all but the server, so that no bundle holds Node's ws.

export { type AcceptOptions, onFile, sendFile } from './files/files.browser.js';
export * from './isomorphic.js';
export { type Listener, type ListenOptions, listen } from './listen.browser.js';
export { fileObjectStore } from './stores/file-object-store.browser.js';
export { fileStorage } from './stores/file-storage.browser.js';
