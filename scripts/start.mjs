// npm start: installs, builds what has changed and shows the demo. Further arguments go to it: npm start -- --once ends by itself.
import { requireNodeVersion } from './node-version.mjs';

requireNodeVersion();
const { install } = await import('./install.mjs');
await install();

const { runNode } = await import('./run.mjs');
const { existsSync } = await import('node:fs');
const { isBuilt } = await import('./is-built.mjs');
const command = 'packages/linkscope/dist/cli.js';
const args = process.argv.slice(2);
// An older build has the same help.
const isReady = isBuilt() || (args.includes('--help') && existsSync(command));
const built = isReady ? 0 : await runNode('scripts/build.mjs');
process.exitCode = built === 0 ? await runNode(command, ['demo', ...args]) : built;
