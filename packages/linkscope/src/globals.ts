import type { ConnectionInstrumentationReport, ConnectionInstrumentationStats, ReportOptions, StatsOptions } from '@linkscope/instrumentation';

// As @linkscope/instrumentation/auto declares them; an import for its effect alone leaves no trace in our declarations.
declare global {
	var getConnectionInstrumentationStats: (options?: StatsOptions) => ConnectionInstrumentationStats;
	var getConnectionInstrumentationReport: (options?: ReportOptions) => ConnectionInstrumentationReport;
}
