export { type CompressionOptions, CompressionPlugin } from './compression.js';
export { ContinuityPlugin } from './continuity/continuity-plugin.js';
export { type ContinuityOptions, ContinuitySession } from './continuity/continuity-session.js';
export { ContinuitySessions, type ContinuitySessionsOptions } from './continuity/continuity-sessions.js';
export type { ContinuityLost } from './continuity/session-state.js';
export { type FragmentationOptions, FragmentationPlugin } from './fragmentation.js';
export type { TypedMessage } from './message-json.js';
export { type NetworkOptions, NetworkPlugin } from './network.js';
export { type NetworkChange, NetworkMonitor, type NetworkMonitorOptions } from './network-monitor.js';
export { interfaceSource, type NetworkSource, type NetworkStatus } from './network-source.js';
export { type ClaimRefusal, createInviteBook, type InviteBook, type InviteEnd, type InviteRecord } from './pairing/invite-book.js';
export type { Pairing } from './pairing/paired-peer.js';
export { type PairingOptions, PairingPlugin } from './pairing/pairing-plugin.js';
export { type PingPongOptions, PingPongPlugin } from './ping-pong.js';
export type { RequestHandler } from './requests.js';
export type { RouteChannel } from './route/route-messages.js';
export { type RouteOptions, RoutePlugin } from './route/route-plugin.js';
export type { AuthenticatedPeer, Authorization } from './secure/authenticate.js';
export { type AuthenticationOptions, AuthenticationPlugin } from './secure/authentication.js';
export { type EncryptionOptions, EncryptionPlugin } from './secure/encryption.js';
export { type PinnedPeer, pinnedPeer } from './secure/pinned-peer.js';
export { FRAME_HEADROOM_BYTES } from './secure/record-layer.js';
export type { SecuredPeer } from './secure/secure-plugin.js';
export { SecurityError } from './secure/security-error.js';
export { StatisticsPlugin, type StatisticsSnapshot } from './statistics.js';
export { memoryObjectStore } from './sync/memory-object-store.js';
export {
	checkObject,
	isObjectId,
	MAX_OBJECT_BYTES,
	type ObjectSink,
	type ObjectSource,
	type ObjectStore,
	objectId,
	type StoredObject,
} from './sync/object-store.js';
export type { OfferHandler } from './sync/offers.js';
export type { SyncProgress } from './sync/pull.js';
export { cursorAt, newStoreName, positionOf } from './sync/store-cursor.js';
export { SyncError } from './sync/sync-error.js';
export type { OfferOutcome } from './sync/sync-messages.js';
export { type FetchOptions, type SyncOptions, SyncPlugin, type SyncPluginOptions } from './sync/sync-plugin.js';
export { authorizeBy } from './trust/authorize-by.js';
export { type Rotation, readRotation, signRotation } from './trust/rotation.js';
export { checkStorage, checkStoredText, checkStoreName, MAX_STORED_CHARS, memoryStorage, type Storage, StoreError } from './trust/storage.js';
export type { PairedEntry, PeerName, TrustEntry, TrustLevel, TrustRecord, TrustStore } from './trust/trust-record.js';
export { createTrustStore } from './trust/trust-store.js';
export { type TypedMessagesOptions, TypedMessagesPlugin } from './typed-messages.js';
export { MessageError, type WaitOptions } from './wait.js';
