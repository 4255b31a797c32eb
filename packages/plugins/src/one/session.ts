import { codeOf, HandshakeError, type Payload, type Plugin, PluginError, type PluginHost, type Wire } from '@linkscope/core';
import { type BoxChannel, fingerprintOf, KEY_BYTES, type KeyPair, padMessage, unpadMessage } from '@linkscope/crypto/nacl';
import { asOneError, checked, type OneChannel } from './channel.js';
import { accept, type Exchanged, initiate } from './key-exchange.js';
import { ALL_WORDS, escapeWord, KEEPALIVE, MAX_WHOLE_UNITS } from './words.js';

// What a transport or plugin below says of one message that it does not take (Plugin.outgoing).
const REFUSALS = ['MESSAGE_TOO_BIG', 'SEND_QUEUE_FULL'];

export interface OneSessionOptions {
	/** This side's long-lived Curve25519 keys, 32 bytes each. */
	keys: KeyPair;
	/** The peer's public key. The initiator needs it; an acceptor refuses all others. */
	peer?: Uint8Array;
	/** Default: who dialled is the initiator. A listener behind a relay has dialled, and is the acceptor. */
	role?: 'initiator' | 'acceptor';
	/** Acceptor: the request comes from a relay, behind `connection_handover`. Default false. */
	relayed?: boolean;
	/** Acceptor: asked once the peer has proved its key. Default: everybody is taken. */
	authorize?(peerKey: Uint8Array): boolean | Promise<boolean>;
	/**
	 * Initiator: the first message, whose answer proves the peer. Default `keepalive`, which our own acceptor answers at once. Other
	 * implementations answer when they have something to say: give them something to answer, e.g. ONE_PAIRING_OPENING.
	 */
	opening?: string;
}

/**
 * Speaks the session of ONE.models: request, ephemeral keys sealed under the long-lived ones, then NaCl boxes with counted nonces
 * (docs/protocol.md#one-session). Nearest the wire.
 *
 * The protocol confirms no key, so this waits: neither side is ENCRYPTED before one good frame of the other has come, and the acceptor sends nothing before.
 *
 * @throws from open(): HandshakeError AUTH_FAILED, PEER_MISMATCH, WEAK_KEY (close code 4401), PROTOCOL_ORDER (4402), MALFORMED_FRAME (4400). Later the
 * connection ends with DECRYPT_FAILED (4430) where a frame is not exactly the peer's next, and PROTOCOL_ORDER for text.
 */
export class OneSessionPlugin implements Plugin {
	readonly name = 'one-session';
	readonly phase = ['ENCRYPTING', 'ENCRYPTED'] as const;
	readonly needs = { ordered: true, reliable: true };
	readonly #options: OneSessionOptions;
	#host: PluginHost | null = null;
	#channel: BoxChannel | null = null;

	constructor(options: OneSessionOptions) {
		this.#options = options;
		const { keys, peer, opening = '' } = options;
		for (const [name, key] of Object.entries({ 'keys.publicKey': keys.publicKey, 'keys.secretKey': keys.secretKey, ...(peer && { peer }) })) {
			if (!(key instanceof Uint8Array) || key.length !== KEY_BYTES) throw new TypeError(`${name} must be a Uint8Array of ${KEY_BYTES} bytes`);
		}
		// It goes past the plugins that would split or escape it.
		if (opening.length > MAX_WHOLE_UNITS || escapeWord(opening, ALL_WORDS) !== opening) {
			throw new RangeError(`opening must have at most ${MAX_WHOLE_UNITS} characters and begin with no control word of the protocol`);
		}
	}

	attach(host: PluginHost): void {
		this.#host = host;
		if (this.#isInitiator(host) && !this.#options.peer) throw new TypeError('peer, the public key to ask for, is needed by the initiator');
	}

	async handshake(wire: Wire): Promise<void> {
		try {
			const isInitiator = this.#isInitiator(wire);
			const exchanged = await this.#exchange(wire, isInitiator);
			const peer = fingerprintOf(exchanged.peerKey);
			this.#channel = exchanged.channel;
			const first = isInitiator ? await this.#open(wire) : await this.#awaitFirst(wire, exchanged.peerKey);
			wire.provideSecure(this.#secure(exchanged, peer, isInitiator));
			this.#host?.note({ kind: 'security', stage: 'encrypt', outcome: 'ok', peer });
			if (first !== KEEPALIVE) this.#host?.deliverUp(first);
		} catch (error) {
			// What ended the connection from outside is no refusal.
			if (!wire.signal.aborted) this.#host?.note({ kind: 'security', stage: 'encrypt', outcome: 'refused', code: codeOf(error) ?? undefined });
			throw asOneError(error);
		}
	}

	outgoing(payload: Payload): null {
		const channel = this.#channel;
		if (!channel) throw new PluginError('PROTOCOL_ORDER', 'one-session: a message came before the session was secured: are the plugins in order?');
		const frame = checked('sealing', () => channel.seal(padMessage(payload)));
		try {
			this.#host?.sendDown(frame);
		} catch (error) {
			// Refused, so it has not left and the next message takes its counter.
			if (REFUSALS.includes(codeOf(error) ?? '')) channel.takeBack();
			throw error;
		}
		return null;
	}

	incoming(frame: Payload): Payload {
		if (typeof frame === 'string') throw new PluginError('PROTOCOL_ORDER', 'one-session: text arrived on a secured connection');
		return this.#read(frame);
	}

	closed(): void {
		this.#channel?.wipe();
		this.#channel = null;
		this.#host = null;
	}

	#isInitiator({ initiator }: { initiator: boolean }): boolean {
		const { role } = this.#options;
		return role === undefined ? initiator : role === 'initiator';
	}

	#exchange(wire: Wire, isInitiator: boolean): Promise<Exchanged> {
		const { keys, peer, relayed = false } = this.#options;
		return isInitiator ? initiate(wire, keys, peer as Uint8Array) : accept(wire, keys, { relayed, peer });
	}

	/** The initiator speaks first, and knows the peer by what it answers. */
	async #open(wire: Wire): Promise<Payload> {
		this.#sendSealed(wire, this.#options.opening ?? KEEPALIVE);
		return this.#readFirst(wire);
	}

	/** The acceptor sends nothing that another could use before the peer has proved its key. */
	async #awaitFirst(wire: Wire, peerKey: Uint8Array): Promise<Payload> {
		const first = await this.#readFirst(wire);
		if ((await this.#options.authorize?.(peerKey)) === false) throw new HandshakeError('AUTH_FAILED', `ONE: ${fingerprintOf(peerKey)} is not authorized`);
		if (first === KEEPALIVE) this.#sendSealed(wire, KEEPALIVE);
		return first;
	}

	async #readFirst(wire: Wire): Promise<Payload> {
		const frame = await wire.read();
		if (typeof frame === 'string') throw new HandshakeError('PROTOCOL_ORDER', 'ONE: text came where the first sealed frame was expected');
		return this.#read(frame, 'AUTH_FAILED');
	}

	#sendSealed(wire: Wire, message: string): void {
		const frame = this.#channel?.seal(padMessage(message));
		if (frame) wire.send(frame);
	}

	#read(frame: Uint8Array, code?: string): Payload {
		const channel = this.#channel;
		if (!channel) throw new PluginError('PROTOCOL_ORDER', 'one-session: a frame arrived before the session was secured');
		return checked('a frame', () => unpadMessage(channel.open(frame)), code);
	}

	#secure({ channel, peerKey }: Exchanged, peer: string, initiator: boolean): OneChannel {
		const { keys, opening = null } = this.#options;
		const context = new Uint8Array(2 * KEY_BYTES);
		context.set(initiator ? keys.publicKey : peerKey);
		context.set(initiator ? peerKey : keys.publicKey, KEY_BYTES);
		const exportSecret = (label: string): Uint8Array => channel.exportSecret(label, context);
		return {
			protocol: 'one',
			binding: exportSecret('binding'),
			peer,
			exportSecret,
			initiator,
			peerKey,
			ownKey: keys.publicKey,
			opening: initiator ? opening : null,
		};
	}
}
