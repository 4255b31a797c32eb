import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { BROWSER_ARGS, findBrowser } from './scripts/find-browser.mjs';

// Not 'import': vitest hands these to Node's own require() as well, and CommonJS must find CommonJS.
const conditions = ['@linkscope/source', 'module', 'node'];

// Three projects by where the code runs; file suffixes say which: x.test.ts, x.dom.test.ts, x.browser.test.ts.
export default defineConfig({
	resolve: { conditions: ['@linkscope/source', 'module', 'browser', 'development|production'] },
	ssr: { resolve: { conditions } },
	// Global set-up runs here; it must not find what an earlier build has left.
	environments: { __vitest__: { resolve: { conditions } } },
	test: {
		maxWorkers: 2,
		// A bound for what hangs, not for what is slow: property tests on a busy machine take seconds.
		testTimeout: 30_000,
		hookTimeout: 30_000,
		expect: { poll: { timeout: 25_000 } },
		projects: [
			{
				extends: true,
				test: {
					name: 'node',
					environment: 'node',
					include: [
						'packages/**/*.test.{ts,js}',
						'playground/**/*.test.ts',
						'examples/**/*.test.ts',
						'e2e/**/*.test.ts',
						'scripts/**/*.test.ts',
						'bench/**/*.test.ts',
					],
					exclude: ['**/node_modules/**', '**/dist/**', '**/*.dom.test.*', '**/*.browser.test.*'],
				},
			},
			{
				extends: true,
				test: {
					name: 'dom',
					environment: 'happy-dom',
					include: ['packages/**/*.dom.test.{ts,tsx}', 'playground/**/*.dom.test.{ts,tsx}'],
				},
			},
			{
				extends: true,
				// Found late, they would make vite reload a page in the middle of its test.
				optimizeDeps: {
					include: ['graphql-ws', 'mqtt', 'partysocket/ws', 'socket.io-client', 'tweetnacl', 'y-websocket', 'yjs'],
					// It finds its WebAssembly beside its own module.
					exclude: ['@electric-sql/pglite'],
				},
				test: {
					name: 'browser',
					include: ['packages/**/*.browser.test.ts', 'e2e/**/*.browser.test.ts'],
					globalSetup: ['e2e/browser-servers.ts'],
					browser: {
						enabled: true,
						headless: true,
						screenshotFailures: false,
						provider: playwright({
							// None found: playwright looks for its own download, and says so clearly when there is none either.
							launchOptions: { executablePath: findBrowser() ?? undefined, args: BROWSER_ARGS },
						}),
						instances: [{ browser: 'chromium' }],
					},
				},
			},
		],
	},
});
