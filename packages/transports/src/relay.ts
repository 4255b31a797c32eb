export { relayOrigin } from '@linkscope/crypto';
