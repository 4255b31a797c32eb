import { defaultPrimitives } from '@linkscope/crypto';
import { expect, test } from 'vitest';
import { backendSuite } from '../fixtures/backend-suite.js';

test('a browser gets noble', () => expect(defaultPrimitives().name).toBe('noble'));

backendSuite(defaultPrimitives());
