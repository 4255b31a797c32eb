import { defineConfig } from 'vite';

export default defineConfig({
	base: './',
	// From source in the browser's flavour: no build of the packages comes before that of the page.
	resolve: { conditions: ['browser', '@linkscope/source', 'module', 'development|production'] },
	esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
	// `linkscope demo` answers the page's WebSockets; start it beside `vite` while working on the page.
	server: { proxy: { '/ws': { target: 'ws://127.0.0.1:4180', ws: true }, '/link': { target: 'ws://127.0.0.1:4180', ws: true } } },
	// Inlined files would be data: URLs, which the page's content security policy forbids.
	build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: false },
});
