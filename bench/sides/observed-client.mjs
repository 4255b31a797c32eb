// The raw client under the patch; with 'read', somebody reads the stats every second.
import { getConnectionInstrumentationStats, installInstrumentation, instrumentWs } from '@linkscope/instrumentation';
import * as ws from 'ws';
import { serveRawClient } from '../loops/raw-client.mjs';

const [url, reader] = process.argv.slice(2);
installInstrumentation();
instrumentWs(ws);
if (reader === 'read') setInterval(getConnectionInstrumentationStats, 1000);
serveRawClient(url);
