// Get comprehensive system statistics
const stats = getConnectionInstrumentationStats();
console.log(stats.global); // Global metrics
console.log(stats.activeConnections); // Currently active connections
console.log(stats.recentErrors); // Recent error events
