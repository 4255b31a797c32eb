// Before pasting invite
const beforeStats = getConnectionInstrumentationStats();

// Paste invite in UI...

// After invite processing
setTimeout(() => {
    const afterStats = getConnectionInstrumentationStats();
    
    // Compare connection counts
    console.log('New connections:', afterStats.totalConnections - beforeStats.totalConnections);
    
    // Check for new endpoints
    const newConnections = afterStats.connections.filter(conn => 
        !beforeStats.connections.find(old => old.id === conn.id)
    );
    
    console.log('New connection endpoints:', newConnections.map(c => c.url));
    
    // Monitor message patterns
    newConnections.forEach(conn => {
        console.log(`Connection ${conn.id}:`, {
            messages: conn.messageCount,
            bytes: conn.bytesReceived + conn.bytesSent,
            state: conn.state,
            duration: Date.now() - new Date(conn.createdAt)
        });
    });
}, 5000);
