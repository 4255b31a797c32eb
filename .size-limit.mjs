// What users pay in a page, minified and compressed with gzip; run by `npm run size` after a build.
// Everything is bundled as an application's bundler would: from the published files, under the browser condition.
// The limits are a ratchet just above what was reached: lower them when a change saves something, never raise them without
// saying in docs/adr/0004-bundle-size.md what for. The goals that were not reached stand in the names.
export default [
	{
		name: 'drop-in instrumentation (goal 8 kB)',
		path: 'packages/instrumentation/dist/auto.js',
		gzip: true,
		limit: '18.8 kB',
	},
	{
		name: 'core + WebSocket + instrumentation (goal 12 kB)',
		import: {
			'packages/core/dist/index.js': '{ Connection }',
			'packages/transports/dist/websocket.browser.js': '*',
			'packages/instrumentation/dist/auto.js': '{}',
		},
		gzip: true,
		limit: '29.6 kB',
	},
	{
		name: 'secure peer (goal 35 kB)',
		import: {
			'packages/core/dist/index.js': '{ Connection }',
			'packages/transports/dist/websocket.browser.js': '{ dialWebSocket }',
			'packages/plugins/dist/index.js': '{ AuthenticationPlugin, EncryptionPlugin, PairingPlugin }',
			'packages/crypto/dist/index.browser.js': '{ createIdentity, defaultPrimitives, parseInvite }',
		},
		gzip: true,
		limit: '42.9 kB',
		modifyEsbuildConfig: (config) => ({ ...config, format: 'esm', plugins: [loadedLater] }),
	},
];

/** What is fetched by import() when first needed (AES, scrypt, tweetnacl) is not what a page loads at start. */
const loadedLater = {
	name: 'loaded-later',
	setup: ({ onResolve }) => onResolve({ filter: /./ }, ({ kind, path }) => (kind === 'dynamic-import' ? { path, external: true } : undefined)),
};
