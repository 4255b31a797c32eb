// A module of its own: a bundler takes only what is named here into the chunk that is fetched later.
export { gcm } from '@noble/ciphers/aes.js';
