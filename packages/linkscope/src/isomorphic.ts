// Everything that works alike in browsers and Node.
export {
	type Channel,
	type Clock,
	CloseCode,
	type CloseInfo,
	ConnectionError,
	type ConnectionOptions,
	type ConnectionState,
	HandshakeError,
	type LinkInfo,
	LinkscopeError,
	type Note,
	type Payload,
	type Plugin,
	PluginError,
	type PluginHost,
	type SecureChannel,
	type Subscribable,
	type Transport,
	TransportError,
	type TransportFeatures,
	type TransportSink,
	type Unsubscribe,
	type Wire,
} from '@linkscope/core';
export { CryptoError, fingerprintOf, type Identity, type IdentityTextOptions, type Invite, type SuiteName } from '@linkscope/crypto';
export * from '@linkscope/instrumentation';
// By name: with two stars a bundler cannot know which package a name comes from.
export {
	type AuthenticatedPeer,
	type AuthenticationOptions,
	AuthenticationPlugin,
	type Authorization,
	authorizeBy,
	type CompressionOptions,
	CompressionPlugin,
	type ContinuityLost,
	type ContinuityOptions,
	ContinuityPlugin,
	ContinuitySession,
	ContinuitySessions,
	type ContinuitySessionsOptions,
	createInviteBook,
	createTrustStore,
	type EncryptionOptions,
	EncryptionPlugin,
	type FragmentationOptions,
	FragmentationPlugin,
	type InviteBook,
	type InviteRecord,
	interfaceSource,
	isObjectId,
	MessageError,
	memoryObjectStore,
	memoryStorage,
	type NetworkChange,
	NetworkMonitor,
	type NetworkMonitorOptions,
	type NetworkOptions,
	NetworkPlugin,
	type NetworkSource,
	type NetworkStatus,
	type ObjectSink,
	type ObjectSource,
	type ObjectStore,
	type OfferHandler,
	type OfferOutcome,
	objectId,
	type Pairing,
	type PairingOptions,
	PairingPlugin,
	type PingPongOptions,
	PingPongPlugin,
	type RequestHandler,
	type RouteChannel,
	RoutePlugin,
	type SecuredPeer,
	SecurityError,
	StatisticsPlugin,
	type StatisticsSnapshot,
	type Storage,
	type StoredObject,
	StoreError,
	SyncError,
	type SyncOptions,
	SyncPlugin,
	type SyncPluginOptions,
	type SyncProgress,
	type TrustEntry,
	type TrustLevel,
	type TrustRecord,
	type TrustStore,
	type TypedMessage,
	type TypedMessagesOptions,
	TypedMessagesPlugin,
	type WaitOptions,
} from '@linkscope/plugins';
export {
	ConnectionManager,
	type ConnectionManagerOptions,
	ConnectionStates,
	type DroppedMessage,
	type EndpointAlert,
	EndpointError,
	type EndpointLogLine,
	type EndpointMetrics,
	type EndpointState,
	FeatureSwitches,
	HttpEndpoint,
	type HttpEndpointOptions,
	type LinkEvent,
	LinkEventType,
	type LinkFailure,
	type LinkOptions,
	type LinkState,
	type LinkStatus,
	type LostSession,
	linkStatus,
	PowerMonitor,
	ReconnectingLink,
	type Recovery,
	SignalMonitor,
	StatusBroadcaster,
	type StatusBroadcasterOptions,
	type StatusSource,
} from '@linkscope/resilience';
export { createMemoryPair, type MemoryPairOptions } from '@linkscope/transports/memory';
export { type DialOptions, dialWebSocket, UpgradeRefusedError, type WebSocketLike, type WrapOptions, wrapWebSocket } from '@linkscope/transports/websocket';
export { type ConnectLinkOptions, type ConnectOptions, connect } from './connect.js';
export { Connection, type FacadeOptions } from './connection.js';
export { FileError, type FileProgress } from './files/file-error.js';
export type { IncomingFile, ReceivedFile } from './files/incoming-file.js';
export type { OnFileOptions } from './files/receive-files.js';
export type { SendFileOptions, SentFile } from './files/send-source.js';
export { type ConnectPeerOptions, connectPeer, type PeerRoute } from './peers/connect-peer.js';
export type { Peer, PeerChannelInfo, PeerLoss, PeerMessage, PeerState } from './peers/peer.js';
export { type AcceptPeersOptions, acceptPeers, type Peers } from './peers/peers.js';
export type { ReconnectingOptions } from './reconnect/connect-link.js';
export { connectViaRelay, type ViaRelayOptions } from './relays/connect-via-relay.js';
export type { RelayStatus } from './relays/waiting-at-relays.js';
export { type AcceptInviteOptions, acceptInvite } from './security/accept-invite.js';
export { createIdentity, exportIdentity, importIdentity } from './security/identity.js';
export { type CreateInviteOptions, createInvite, issuedInvites, revokeInvite } from './security/invites.js';
export { readInvite } from './security/read-invite.js';
export type { DialSecurityOptions, ListenSecurityOptions, SecurityOptions } from './security/security-plugins.js';
export { loadOrCreateIdentity, type RotationResult, rotateIdentity, rotationStatements, type StoredIdentityOptions } from './stores/identity.js';
export { indexedDbObjectStore } from './stores/indexed-db-object-store.js';
export { indexedDbStorage } from './stores/indexed-db-storage.js';
