// npm run layering: fails on an upward, circular or unresolvable import. The rules are in .dependency-cruiser.mjs.
import { runNode } from './run.mjs';

const ROOMS = ['packages', 'playground', 'bench', 'e2e', 'examples', 'scripts'];
process.exitCode = await runNode('node_modules/dependency-cruiser/bin/dependency-cruise.mjs', ['--config', '.dependency-cruiser.mjs', ...ROOMS]);
