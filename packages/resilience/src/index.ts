export {
	type BroadcasterStatistics,
	type StatesSource,
	StatusBroadcaster,
	type StatusBroadcasterOptions,
	type StatusClient,
} from './broadcast/status-broadcaster.js';
export { ConnectionStates, type StatesByNode } from './endpoints/connection-states.js';
export { Endpoint, type EndpointLogLine, type EndpointOptions } from './endpoints/endpoint.js';
export { EndpointError } from './endpoints/endpoint-error.js';
export type { EndpointMetrics } from './endpoints/endpoint-metrics.js';
export { type Availability, type FeatureChange, FeatureSwitches } from './endpoints/feature-switches.js';
export { HttpEndpoint, type HttpEndpointOptions, type HttpEndpointSnapshot } from './endpoints/http-endpoint.js';
export { linkStatus, type ShownLink } from './endpoints/link-status.js';
export type { EndpointAlert } from './endpoints/outage-alarm.js';
export type { EndpointState, StatusSource } from './endpoints/status-source.js';
export type { ConnectRun } from './fleet-pool/connect-run.js';
export { type CallOptions, ConnectionPool } from './fleet-pool/connection-pool.js';
export { FleetError } from './fleet-pool/fleet-error.js';
export type { NodeStatistics, PoolEvent, PoolProgress, PoolResult } from './fleet-pool/pool-events.js';
export type { ConnectionPoolOptions } from './fleet-pool/pool-options.js';
export { type FullJitterOptions, fullJitter } from './full-jitter.js';
export { ConnectionManager, type ConnectionManagerOptions, type ConnectionManagerStatus } from './link/connection-manager.js';
export type { DialConnection, LinkAttempt } from './link/dial.js';
export { HealthWatch, type HealthWatchOptions } from './link/health-watch.js';
export type { DroppedMessage, Overflow } from './link/held-messages.js';
export { linkBackoff } from './link/link-backoff.js';
export { type LinkEvent, type LinkEventContext, type LinkEventName, LinkEventType } from './link/link-event.js';
export type { LinkNetwork, LinkOptions, LinkSession, LostSession } from './link/link-options.js';
export type { LinkState } from './link/link-state.js';
export { type LinkStatus, ReconnectingLink } from './link/reconnecting-link.js';
export { defaultRecovery, type LinkFailure, type Recovery } from './link/recovery.js';
export { AdaptiveMonitor, type AdaptiveMonitorOptions } from './monitor/adaptive-monitor.js';
export type { Check, CheckResult } from './monitor/check-scheduler.js';
export { MONITORING_LEVELS, type MonitoringLevel } from './monitor/levels.js';
export type { CheckOutcome, LevelReason, MonitorEvent, MonitorStatistics } from './monitor/monitor-events.js';
export type { MonitoredNodeInfo } from './monitor/monitored-node.js';
export {
	type BreakerRule,
	type CountOptions,
	consecutiveFailures,
	type FailureCount,
	failureCount,
	failureSampling,
	type SamplingOptions,
} from './policies/breaker-rules.js';
export { type Bulkhead, type BulkheadOptions, bulkhead } from './policies/bulkhead.js';
export { type CircuitBreaker, type CircuitBreakerOptions, type CircuitEvent, type CircuitState, circuitBreaker } from './policies/circuit-breaker.js';
export type { Task } from './policies/composable-policy.js';
export { compose } from './policies/compose.js';
export { PolicyError } from './policies/policy-error.js';
export { type RateLimit, type RateLimitOptions, rateLimit } from './policies/rate-limit.js';
export { type Timeout, type TimeoutOptions, timeout } from './policies/timeout.js';
export { type TokenBucket, type TokenBucketOptions, tokenBucket } from './policies/token-bucket.js';
export { CloseReason } from './pool/close-reasons.js';
export { type CarrierChange, PeerPool, type PooledConnection } from './pool/peer-pool.js';
export { type PowerEvent, PowerMonitor, type PowerOptions } from './power/power-monitor.js';
export { type SignalChange, type SignalLevel, SignalMonitor, type SignalOptions, type SignalReading } from './power/signal-monitor.js';
export { type AdaptiveOptions, adaptive, type ConnectionQuality, connectionPressure, qualityFactor, retryPressure } from './retry/adaptive.js';
export { type ExponentialOptions, exponential, type FixedOptions, fixed, type LinearOptions, linear } from './retry/backoffs.js';
export { isRetryable } from './retry/is-retryable.js';
export { type DecorrelatedJitterOptions, decorrelatedJitter, type PercentJitterOptions, percentJitter } from './retry/jitter.js';
export { type Retry, type RetryOptions, retry } from './retry/retry.js';
export type { FailurePattern, RetryAnalytics, RetryOutcome, RetryRecord } from './retry/retry-analytics.js';
export { type RetryDecision, RetryLedger, type RetryLedgerEntry, type RetryRule } from './retry/retry-ledger.js';
export { type RetryEvent, RetryManager, type RetryManagerOptions } from './retry/retry-manager.js';
export type { RetryStrategy } from './retry/retry-strategy.js';
export { redialBackoff } from './routes/redial.js';
export type { RouteConnection, RouteInfo, RouteSpec, RouteState } from './routes/route.js';
export { RouteTable, type RouteTableOptions } from './routes/route-table.js';
export type { Alert, AlertSeverity, AlertThresholds, AlertType } from './sessions/health-alerts.js';
export type { HealthMetrics } from './sessions/health-metrics.js';
export type { ReconnectConfig, ReconnectStrategy } from './sessions/reconnect-strategy.js';
export type { Reconnect } from './sessions/reconnector.js';
export type { StorageHealth } from './sessions/session-archive.js';
export { SessionError } from './sessions/session-error.js';
export type { SessionEvent } from './sessions/session-events.js';
export { type HealthSummary, type SessionHealthEvent, SessionHealthMonitor, type SessionHealthMonitorOptions } from './sessions/session-health-monitor.js';
export { SessionManager } from './sessions/session-manager.js';
export type { SessionManagerOptions } from './sessions/session-options.js';
export type { HeartbeatResult, ScheduledReconnection, SessionsHealth } from './sessions/session-reports.js';
export type { SessionState, SessionStatus } from './sessions/session-state.js';
export { memorySessionStorage, type SessionBatch, type SessionStorage } from './sessions/session-storage.js';
export type { SessionTotals } from './sessions/session-table.js';
export type { SubscriptionPriority } from './subscriptions/subscriber.js';
export { type SubscriptionEvent, type SubscriptionInfo, SubscriptionManager, type SubscriptionManagerOptions } from './subscriptions/subscription-manager.js';
