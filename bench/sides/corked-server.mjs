import { corkedSend } from '../loops/corked-send.mjs';
import { serveRawServer } from '../loops/raw-server.mjs';

serveRawServer(corkedSend);
