export { type FullJitterOptions, fullJitter } from './full-jitter.js';
export { CloseReason } from './pool/close-reasons.js';
export { type CarrierChange, PeerPool, type PooledConnection } from './pool/peer-pool.js';
export { redialBackoff } from './routes/redial.js';
export type { RouteConnection, RouteInfo, RouteSpec, RouteState } from './routes/route.js';
export { RouteTable, type RouteTableOptions } from './routes/route-table.js';
