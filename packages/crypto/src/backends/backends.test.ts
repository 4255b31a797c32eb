import { backendSuite } from '../fixtures/backend-suite.js';
import { BACKENDS } from '../fixtures/backends.js';

for (const primitives of BACKENDS) backendSuite(primitives);
