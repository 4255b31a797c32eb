import { expect, it } from 'vitest';
import { nodeVersionProblem } from './node-version.mjs';

it.each(['20.19.0', '20.20.2', '22.0.0', '24.1.0', '100.0.0', '22.0.0-nightly'])('accepts Node %s', (version) => {
	expect(nodeVersionProblem(version)).toBeNull();
});

it.each(['20.18.9', '18.20.4', '9.99.99', '20.9.0', 'nonsense'])('refuses Node %s and says which is needed', (version) => {
	expect(nodeVersionProblem(version)).toContain('20.19.0 or newer');
	expect(nodeVersionProblem(version)).toContain(version);
});
