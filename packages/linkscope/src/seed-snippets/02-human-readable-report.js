// Generate a formatted report
const report = getConnectionInstrumentationReport();
console.log(report); // Formatted text report
