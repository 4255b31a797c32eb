import { serveRawClient } from '../loops/raw-client.mjs';

serveRawClient(process.argv[2]);
