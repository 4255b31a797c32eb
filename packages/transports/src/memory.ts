export { createMemoryPair, type MemoryPairOptions, MemoryTransport } from '@linkscope/core/testing';
