// The relay in the middle: node relay.mjs
import { createRelayServer } from '@linkscope/relay-server';

const port = 4190;
const hosts = ['192.0.2.1', '198.51.100.1', '127.0.0.1'];
const relay = createRelayServer({ host: '0.0.0.0', port, publicUrls: hosts.map((host) => `ws://${host}:${port}`) });
await relay.listen();
console.log('ready');
process.stdin.resume().once('end', () => relay.close());
