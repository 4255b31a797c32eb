// Everything that works alike in browsers and Node, by name.
export { decodeBase64url, encodeBase64url } from './base64url.js';
export { bytesField, type ControlObject, type ControlValue, integerField, listField, MAX_CONTROL_BYTES, parseControlJson, textField } from './control-json.js';
export { CryptoError } from './crypto-error.js';
export type { Aead, AeadName, Ed25519, HashName, KeyPair, Primitives, X25519 } from './primitives.js';
