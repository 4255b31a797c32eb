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
export * from '@linkscope/instrumentation';
// By name: with two stars a bundler cannot know which package a name comes from.
export {
	type CompressionOptions,
	CompressionPlugin,
	type FragmentationOptions,
	FragmentationPlugin,
	interfaceSource,
	MessageError,
	type NetworkChange,
	NetworkMonitor,
	type NetworkMonitorOptions,
	type NetworkOptions,
	NetworkPlugin,
	type NetworkSource,
	type NetworkStatus,
	type PingPongOptions,
	PingPongPlugin,
	type RequestHandler,
	StatisticsPlugin,
	type StatisticsSnapshot,
	type TypedMessage,
	type TypedMessagesOptions,
	TypedMessagesPlugin,
	type WaitOptions,
} from '@linkscope/plugins';
export { createMemoryPair, type MemoryPairOptions } from '@linkscope/transports/memory';
export { type DialOptions, dialWebSocket, UpgradeRefusedError, type WebSocketLike, type WrapOptions, wrapWebSocket } from '@linkscope/transports/websocket';
export { type ConnectOptions, connect } from './connect.js';
export { Connection, type FacadeOptions } from './connection.js';
