export type { Call, Cluster, Hints, LocalNode, Registration, RemoteRegistration } from './cluster/cluster.js';
export { type LocalRedis, startLocalRedis } from './cluster/local-redis.js';
export { createRedisCluster, type RedisClusterOptions } from './cluster/redis-cluster.js';
export type { RelayLimits } from './limits/limits.js';
export type { LogEntry, LogSink } from './log.js';
export type { RelayServerOptions } from './options.js';
export type { TlsFiles } from './port.js';
export { RelayError } from './relay-error.js';
export { createRelayServer, type RelayAddress, type RelayServer } from './relay-server.js';
