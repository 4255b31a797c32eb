export { FakeClock, settle } from './fake-clock.js';
export { createMemoryPair, type MemoryPairOptions, MemoryTransport } from './memory-pair.js';
