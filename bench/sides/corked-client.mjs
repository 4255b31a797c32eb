import { corkedSend } from '../loops/corked-send.mjs';
import { serveRawClient } from '../loops/raw-client.mjs';

serveRawClient(process.argv[2], corkedSend);
