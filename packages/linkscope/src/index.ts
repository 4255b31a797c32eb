// What `import … from 'linkscope'` gives in Node; a browser's bundler takes index.browser.ts.
export * from './isomorphic.js';
export { type Listener, type ListenOptions, listen } from './listen.js';
