// The same client as a Connection, with statistics and instrumentation.
import { connect, installInstrumentation, StatisticsPlugin } from 'linkscope';
import { serveConnectionClient } from '../loops/connection-client.mjs';

installInstrumentation();
serveConnectionClient(connect(process.argv[2], { plugins: [new StatisticsPlugin()] }));
