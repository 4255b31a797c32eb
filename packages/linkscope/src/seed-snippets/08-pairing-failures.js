// Monitor for pairing-related errors
const pairErrors = report.recentErrors.filter(e => 
    e.error.includes('pair') || e.error.includes('trust')
);
console.log('Pairing errors:', pairErrors);
