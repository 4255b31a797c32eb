// A client of an echo server whose connection is authenticated and encrypted.
import { connect, createIdentity, installInstrumentation } from 'linkscope';
import { serveConnectionClient } from '../loops/connection-client.mjs';

installInstrumentation();
serveConnectionClient(connect(process.argv[2], { identity: createIdentity() }));
