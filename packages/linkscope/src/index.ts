// What `import … from 'linkscope'` gives in Node; a browser's bundler takes index.browser.ts.

export { type AcceptOptions, onFile, sendFile } from './files/files.js';
// Over the one of the same name above: in Node there is ws to observe as well.
export { installInstrumentation } from './install.js';
export * from './isomorphic.js';
export { type ConnectionRequest, type Listener, type ListenOptions, listen } from './listen.js';
export { fileObjectStore } from './stores/file-object-store.js';
export { fileStorage } from './stores/file-storage.js';
