// Errors are automatically tracked and categorized
const stats = getConnectionInstrumentationStats();
if (stats.global.totalErrors > 0) {
    console.log('Recent errors:');
    stats.recentErrors.slice(0, 5).forEach(error => {
        console.log(`- ${error.error} (${error.severity})`);
    });
}
