// Everything that works alike in browsers and Node, by name.
export { CryptoError } from './crypto-error.js';
export type { Aead, AeadName, Ed25519, HashName, KeyPair, Primitives, X25519 } from './primitives.js';
