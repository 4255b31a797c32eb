// Everything that works alike in browsers and Node, by name.
export { decodeBase64url, encodeBase64url } from './base64url.js';
export { equalBytes, wipe } from './bytes.js';
export { CipherState } from './cipher-state.js';
export { bytesField, type ControlObject, type ControlValue, integerField, listField, MAX_CONTROL_BYTES, parseControlJson, textField } from './control-json.js';
export { CryptoError } from './crypto-error.js';
export { fingerprintOf, parseFingerprint } from './fingerprint.js';
export { expand } from './hkdf.js';
export { createIdentity, type Identity } from './identity.js';
export { exportIdentity, type IdentityTextOptions, importIdentity } from './identity-text.js';
export { NoiseHandshake, type NoiseKeys, type NoiseOptions } from './noise.js';
export { messageBytes, type NoiseMessage } from './noise-message.js';
export type { Aead, AeadName, Ed25519, HashName, KeyPair, Primitives, X25519 } from './primitives.js';
export { isStrictPublicKey } from './strict-ed25519.js';
