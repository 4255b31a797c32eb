// npm run publish-exports: writes what a published package exports (everything but the source) into each publishConfig.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishedExports, readPackages } from './packages.mjs';

for (const { path, manifest } of readPackages()) {
	const publishConfig = { ...manifest.publishConfig, exports: publishedExports(manifest.exports) };
	writeFileSync(join(path, 'package.json'), `${JSON.stringify({ ...manifest, publishConfig }, null, '\t')}\n`);
}
