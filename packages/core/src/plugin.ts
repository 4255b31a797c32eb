import type { Clock } from './clock.js';
import type { Payload } from './payload.js';
import type { AbortSignal } from './platform.js';
import type { Note } from './probe.js';
import type { ConnectionState } from './state.js';
import type { CloseInfo } from './transport.js';

/**
 * One stage of a connection's chain. Asynchronous to establish (`handshake`), synchronous to flow
 * (`outgoing`, `incoming`). An instance serves one connection. Prove one with `pluginSuite` of @linkscope/core/testing.
 *
 * A transform that needs time returns null and hands the result on later, in order, with
 * `host.sendDown` or `host.deliverUp`. Outgoing arrays belong to the chain; incoming ones belong to the receiver.
 */
export interface Plugin {
	/** Unique within a connection; an anchor for `addPlugin`. Lower case, the field's word. */
	readonly name: string;
	/** The lifecycle states around the handshake, e.g. AUTHENTICATING, AUTHENTICATED. */
	readonly phase?: readonly [ConnectionState, ConnectionState];
	/** What the transport must offer; `open()` refuses one that does not. */
	readonly needs?: { ordered?: boolean; reliable?: boolean };
	/** Only observers (they change no payload) may be added or removed after `open()`. */
	readonly observer?: boolean;
	/** Called once, when the plugin joins a connection; timers and state start here or later. */
	attach?(host: PluginHost): void;
	handshake?(wire: Wire): Promise<void>;
	/**
	 * Application to wire. null: consumed, maybe re-injected later.
	 * Whatever it throws fails the connection, but for MESSAGE_TOO_BIG and SEND_QUEUE_FULL: these refuse this one message.
	 */
	outgoing?(payload: Payload): Payload | null;
	/** Wire to application. null: consumed. */
	incoming?(payload: Payload): Payload | null;
	/** The connection became ACTIVE. */
	active?(): void;
	/** The transport takes more again. */
	drained?(): void;
	/** Bytes of outgoing messages held inside; counted by `send()`'s backpressure. */
	heldBytes?(): number;
	/** Flush and say goodbye; called application to wire, within the close bound. */
	closing?(): void | Promise<void>;
	/**
	 * The wire has ended: deliver what is still inside towards the application, within the close bound.
	 * Called wire to application; undefined where nothing waits, so that the end is not put off. What it throws makes the end a failure.
	 */
	ending?(info: CloseInfo): Promise<void> | undefined;
	/** The end, exactly once: clear every timer. */
	closed?(info: CloseInfo): void;
}

/** What a plugin sees of its connection. */
export interface PluginHost {
	readonly connectionId: string;
	readonly clock: Clock;
	/** True for the side that dialled. */
	readonly initiator: boolean;
	/** The largest message the transport takes; known once it is open. */
	readonly maxMessageBytes: number;
	/** Name of the plugin directly nearer the wire; of the transport where there is none. */
	readonly below: string;
	/** Sends from this plugin's place towards the wire. @returns false: wait for `drained`. */
	sendDown(payload: Payload): boolean;
	/** Delivers from this plugin's place towards the application. */
	deliverUp(payload: Payload): void;
	/** Tells the transport that every message from now on is sealed. */
	opaque(): void;
	/** Stops the transport, where it can be stopped, while the plugin has enough to digest. */
	pause(): void;
	resume(): void;
	/** Tells the instrumentation something; never throws. */
	note(note: Note): void;
	/** Ends the connection in good order, as its own close() does. */
	close(reason: string): void;
	/** Ends the connection as FAILED. */
	fail(error: Error): void;
}

/** What a handshake reads and writes, at its plugin's place in the chain. */
export interface Wire {
	readonly initiator: boolean;
	/** Aborts when the connection closes or the stage times out. */
	readonly signal: AbortSignal;
	send(payload: Payload): void;
	/** The next frame that reached this place; frames that came early wait in a bounded inbox. A handshake leaves no read pending when it returns. */
	read(): Promise<Payload>;
	/** Given by the plugin that secured the channel to those above it. */
	readonly secure?: SecureChannel;
	/** Called by the plugin that secured the channel, before its handshake resolves. */
	provideSecure(channel: SecureChannel): void;
}

export interface SecureChannel {
	/** Bytes unique to this channel and known to both ends. */
	readonly binding: Uint8Array;
	/** Fingerprint of the peer's identity, or 'unverified'. */
	readonly peer: string;
	exportSecret(label: string): Uint8Array;
}
