import { describe } from 'vitest';
import { storageSuite } from './fixtures/storage-suite.js';
import { memorySessionStorage } from './session-storage.js';

describe('memory', () => storageSuite(memorySessionStorage));
