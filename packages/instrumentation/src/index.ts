export { diffStats, type StatsDiff } from './diff-stats.js';
export {
	getConnectionInstrumentationReport,
	getConnectionInstrumentationStats,
	installInstrumentation,
	onConnectionEvent,
	resetInstrumentation,
} from './install.js';
export type { InstrumentationOptions, Limits, LogOptions } from './options.js';
export { instrumentWs } from './patch/index.js';
export type { ConnectionInstrumentationReport, ReportOptions } from './report.js';
export type { StatsOptions } from './stats.js';
export type * from './types.js';
export { InviteError, type InviteResult, watchInvite } from './watch-invite.js';
