// npm start: installs, builds and shows the demo. Further arguments go to it: npm start -- --once ends by itself.
import { requireNodeVersion } from './node-version.mjs';

requireNodeVersion();
const { install } = await import('./install.mjs');
await install();

const { runNode } = await import('./run.mjs');
const built = await runNode('scripts/build.mjs');
process.exitCode = built === 0 ? await runNode('packages/linkscope/dist/cli.js', ['demo', ...process.argv.slice(2)]) : built;
