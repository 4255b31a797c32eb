// What users pay in a page, minified and compressed with gzip; run by `npm run size` after a build.
// Everything is bundled as an application's bundler would: from the published files, under the browser condition.
export default [
	{
		name: 'drop-in instrumentation',
		path: 'packages/instrumentation/dist/auto.js',
		gzip: true,
		limit: '8 kB',
	},
	{
		name: 'core + WebSocket + instrumentation',
		import: {
			'packages/core/dist/index.js': '{ Connection }',
			'packages/transports/dist/websocket.browser.js': '*',
			'packages/instrumentation/dist/auto.js': '{}',
		},
		gzip: true,
		limit: '12 kB',
	},
];
