// Generate comprehensive report
const report = getConnectionInstrumentationReport();
console.log(report);
