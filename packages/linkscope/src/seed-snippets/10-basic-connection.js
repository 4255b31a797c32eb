// Create instrumented connection
const connection = new Connection(webSocket);

// Monitor connection events
connection.onMessage.on((message) => {
    // Message automatically tracked
    console.log('Received message:', message.length, 'bytes');
});

// Send tracked message
connection.send("Hello, world!"); // Size automatically tracked

// Get connection statistics
const stats = getConnectionInstrumentationStats();
const myConnection = stats.connections.find(c => c.internalId === connection.id);
console.log('My connection stats:', myConnection);
