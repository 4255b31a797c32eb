import { serveRawServer } from '../loops/raw-server.mjs';

serveRawServer();
