// Get detailed connection information
const stats = getConnectionInstrumentationStats();
console.log("Active connections:", stats.activeConnections.length);
console.log("Total errors:", stats.global.totalErrors);
console.log("Throughput:", stats.global.throughputMbps, "Mbps");
