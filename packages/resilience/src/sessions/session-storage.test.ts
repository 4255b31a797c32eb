import { describe } from 'vitest';
import { storageSuite } from './fixtures/storage-suite.js';
import { memoryStorage } from './session-storage.js';

describe('memory', () => storageSuite(memoryStorage));
