// Add plugins (automatically tracked)
connection.addPlugin(new EncryptionPlugin());
connection.addPlugin(new CompressionPlugin(), { after: 'encryption' });

// Monitor plugin activity
const stats = getConnectionInstrumentationStats();
stats.activeConnections.forEach(conn => {
    console.log(`Connection ${conn.connectionId} has ${conn.plugins.length} plugins`);
});
