import { type CloseInfo, Emitter, HandshakeError, type Payload, type Plugin, type PluginHost, type Subscribable, type Wire } from '@linkscope/core';
import { ControlFrames } from '../control-frames.js';
import { acceptRoute, channelOfTwo, compareBytes, isRouteChannel, openRoute, type RouteChannel } from './route-messages.js';

export interface RouteOptions {
	/** What the side that dials wants the connection for; the other side hears it. */
	channel?: RouteChannel;
}

const CARRIES = 'k';
const ENDS = 'e';
const ANSWERS = 'a';

/**
 * Makes a connection one of several of a peer: says what it is for, which of them carries that channel, and lets go of it without losing a message.
 * It goes nearest the application, above what secures the connection; both ends need it. Frames: docs/protocol.md#routes.
 *
 * The side of the smaller identity decides, with `carry()`. Either side ends with the connection's own close(): both have then said that
 * nothing follows, and what was sent has arrived, before the transport closes.
 * Fails the connection with SECURITY_ORDER, PEER_MISMATCH, MALFORMED_FRAME or PROTOCOL_ORDER.
 */
export class RoutePlugin implements Plugin {
	readonly name = 'route';
	readonly needs = { ordered: true, reliable: true };
	/** From here on this connection carries its channel. */
	readonly onCarry: Subscribable<void>;
	/** Nothing more comes on this connection, and what this side sent has been read, or is lost; told once. */
	readonly onEnd: Subscribable<void>;
	readonly #carrying = new Emitter<void>();
	readonly #ended = new Emitter<void>();
	readonly #frames = new ControlFrames('route', 'R');
	#channel: RouteChannel | undefined;
	#host!: PluginHost;
	#peerIdentity = new Uint8Array();
	#decides = false;
	#active = false;
	#carries = false;
	/** This side, and the peer, said that nothing follows. */
	#saidEnd = false;
	#heardEnd = false;
	/** This side answered the end of the other, which said it first. */
	#answers = false;
	#isDrained = false;
	#isOver = false;
	#closed = (): void => {};

	/** @throws TypeError for a channel there is not. */
	constructor({ channel }: RouteOptions = {}) {
		if (channel !== undefined && !isRouteChannel(channel)) throw new TypeError('channel must be control, data or discovery');
		this.#channel = channel;
		this.onCarry = this.#carrying;
		this.onEnd = this.#ended;
	}

	/** Known once the handshake is done. */
	get channel(): RouteChannel | undefined {
		return this.#channel;
	}

	/** Ed25519 public key of the peer, 32 bytes; empty before the handshake. */
	get peerIdentity(): Uint8Array {
		return this.#peerIdentity;
	}

	/** Whether this side is the one that says which connection carries the channel. */
	get decides(): boolean {
		return this.#decides;
	}

	/** Whether the side that decides has also dialled. */
	get dialledByDecider(): boolean {
		return this.#decides === this.#host.initiator;
	}

	/** Whether the channel's messages go over this connection now. */
	get carries(): boolean {
		return this.#carries && !this.#saidEnd && !this.#heardEnd && !this.#isOver;
	}

	/** Whether everything that was sent, by either side, has arrived. */
	get isDrained(): boolean {
		return this.#isDrained;
	}

	get isOver(): boolean {
		return this.#isOver;
	}

	attach(host: PluginHost): void {
		this.#host = host;
	}

	async handshake(wire: Wire): Promise<void> {
		const { identity, peerIdentity } = channelOfTwo(wire);
		if (!wire.initiator) this.#channel = await acceptRoute(wire);
		else if (this.#channel) await openRoute(wire, this.#channel);
		else throw new TypeError('the side that dials names a channel: new RoutePlugin({ channel })');
		this.#peerIdentity = peerIdentity.slice();
		this.#decides = compareBytes(identity.publicKey, peerIdentity) < 0;
		this.#host.note({ kind: 'plugin', name: this.name, text: `${this.#channel} channel` });
	}

	active(): void {
		this.#active = true;
		if (this.#carries) this.#carrying.emit();
		if (this.#heardEnd) this.#endToo();
	}

	/** Called where this side decides, once no other connection carries the channel. */
	carry(): void {
		if (!this.#decides || this.#carries) return;
		this.#carries = true;
		this.#say(CARRIES);
		this.#carrying.emit();
	}

	outgoing(payload: Payload): Payload {
		return this.#frames.wrap(payload);
	}

	incoming(payload: Payload): Payload | null {
		const kind = this.#frames.kindOf(payload);
		const body = kind === null ? payload : this.#frames.bodyOf(payload);
		if (kind === null || kind === '=') return this.#message(body);
		if (payload.length !== 3 || typeof payload !== 'string') throw this.#frames.malformed('a frame that is longer than its kind');
		if (kind === CARRIES) this.#toldToCarry();
		else if (kind === ENDS) this.#peerEnds();
		else if (kind === ANSWERS) this.#peerAnswers();
		else throw this.#frames.malformed('an unknown kind of frame');
		return null;
	}

	/** Says that nothing follows. Who says it first closes when the answer has come; who answers waits for that close. */
	closing(): Promise<void> | undefined {
		if (this.#isOver) return undefined;
		this.#saidEnd = true;
		this.#answers = this.#heardEnd;
		this.#say(this.#answers ? ANSWERS : ENDS);
		return new Promise<void>((resolve) => {
			this.#closed = resolve;
		});
	}

	closed({ wasClean }: CloseInfo): void {
		// The other side closes when it has read the answer.
		this.#over(this.#answers && wasClean);
	}

	#message(message: Payload): Payload {
		if (this.#heardEnd) throw outOfOrder('a message came behind the end');
		return message;
	}

	#toldToCarry(): void {
		if (this.#decides || this.#carries) throw outOfOrder('the peer says that this connection carries its channel, and it is not its turn');
		this.#carries = true;
		if (this.#active) this.#carrying.emit();
	}

	#peerEnds(): void {
		if (this.#heardEnd) throw outOfOrder('a connection ended twice');
		this.#heardEnd = true;
		// Both began to end it at once: each hears that its own end was read, too.
		if (this.#saidEnd) this.#say(ANSWERS);
		else if (this.#active) this.#endToo();
	}

	#peerAnswers(): void {
		if (!this.#saidEnd || this.#answers || this.#isDrained) throw outOfOrder('an answer came to an end that this side did not say');
		this.#heardEnd = true;
		this.#over(true);
	}

	/** Behind what the running code still does: becoming ACTIVE is not done before its end. */
	#endToo(): void {
		queueMicrotask(() => this.#host.close('Close called.'));
	}

	#say(kind: string): void {
		this.#host.sendDown(this.#frames.text(kind, ''));
	}

	#over(isDrained: boolean): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#isDrained = isDrained;
		this.#ended.emit();
		this.#closed();
	}
}

function outOfOrder(what: string): HandshakeError {
	return new HandshakeError('PROTOCOL_ORDER', `route: ${what}`);
}
