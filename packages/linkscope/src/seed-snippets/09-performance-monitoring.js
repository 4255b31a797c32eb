// Monitor invite processing performance
function monitorInviteProcessing() {
    const start = Date.now();
    const startStats = getConnectionInstrumentationStats();
    
    // Check every second for completion
    const monitor = setInterval(() => {
        const currentStats = getConnectionInstrumentationStats();
        const elapsed = Date.now() - start;
        
        // Look for new successful connections
        const newConnections = currentStats.connections.filter(conn => 
            conn.state === 'CONNECTED' && 
            new Date(conn.createdAt) > new Date(start)
        );
        
        if (newConnections.length > 0) {
            console.log(`✅ Invite processing completed in ${elapsed}ms`);
            console.log('New connections:', newConnections.length);
            clearInterval(monitor);
        } else if (elapsed > 15000) {
            console.log('⚠️ Invite processing timeout after 15 seconds');
            clearInterval(monitor);
        }
    }, 1000);
}

// Call before pasting invite
monitorInviteProcessing();
