export { FakeClock, settle } from './fake-clock.js';
export { createMemoryPair, type MemoryPairOptions, MemoryTransport } from './memory-pair.js';
export { type PluginSuiteOptions, pluginSuite } from './plugin-suite.js';
export { type TransportPair, type TransportSuiteOptions, transportSuite } from './transport-suite.js';
