export type { Call, Cluster, Hints, LocalNode, Registration, RemoteRegistration } from './cluster/cluster.js';
