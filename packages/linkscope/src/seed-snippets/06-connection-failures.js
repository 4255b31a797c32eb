// Monitor for connection establishment failures
const report = getConnectionInstrumentationReport();
report.recentErrors.forEach(error => {
    if (error.type === 'connection') {
        console.log('Connection error:', error.error, 'at', error.timestamp);
    }
});
