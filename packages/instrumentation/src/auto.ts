import type { ConnectionInstrumentationReport, ReportOptions } from './report.js';
import { shared } from './shared.js';
import type { StatsOptions } from './stats.js';
import type { ConnectionInstrumentationStats } from './types.js';

// Written out, because `typeof` the exports of the same names would mean the globals themselves.
declare global {
	var getConnectionInstrumentationStats: (options?: StatsOptions) => ConnectionInstrumentationStats;
	var getConnectionInstrumentationReport: (options?: ReportOptions) => ConnectionInstrumentationReport;
}

// Importing this module is the installation.
shared().install((before) => before);
