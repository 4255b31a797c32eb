// Monitor for auth-related errors
const authErrors = report.recentErrors.filter(e => 
    e.error.includes('auth') || e.error.includes('challenge')
);
console.log('Authentication errors:', authErrors);
