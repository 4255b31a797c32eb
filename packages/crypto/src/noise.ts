import { checkLength, wipe } from './bytes.js';
import { ephemeralOf, type NextMessage, type NoiseMessage, staticOf } from './noise-message.js';
import type { NoiseProtocol, Token } from './noise-patterns.js';
import type { KeyPair, Primitives } from './primitives.js';
import { SymmetricState } from './symmetric-state.js';

export interface NoiseOptions {
	readonly primitives: Primitives;
	/** LINKSCOPE_NOISE, or another that noiseProtocol() knows by its name. */
	readonly protocol: NoiseProtocol;
	readonly role: 'initiator' | 'responder';
	/** What both sides must already agree on. */
	readonly prologue?: Uint8Array;
	/** The own static keys; they remain the caller's. */
	readonly staticKeys: KeyPair;
	/** The responder's static public key: what an initiator of IK and XK has beforehand. */
	readonly remoteStaticKey?: Uint8Array;
	/** 32 bytes, for XXpsk3. */
	readonly presharedKey?: Uint8Array;
	/** Only for published vectors: fresh ones are made otherwise. */
	readonly ephemeralKeys?: KeyPair;
}

export interface NoiseKeys {
	/** 32 bytes: seals what the initiator sends. */
	readonly initiatorKey: Uint8Array;
	/** 32 bytes: seals what the responder sends. */
	readonly responderKey: Uint8Array;
	/** As long as the hash: the third HKDF output of the chaining key, for secrets of further protocols. */
	readonly exporter: Uint8Array;
	readonly handshakeHash: Uint8Array;
}

const KEY_BYTES = 32;

/**
 * One side of a Noise handshake without any I/O: write and read in turn until `finished`, then split().
 * An error ends it: its secrets are wiped and nothing works any more.
 * @see https://noiseprotocol.org/noise.html revision 34
 */
export class NoiseHandshake {
	readonly #primitives: Primitives;
	readonly #protocol: NoiseProtocol;
	readonly #initiator: boolean;
	readonly #symmetric: SymmetricState;
	readonly #static: KeyPair;
	readonly #presharedKey: Uint8Array | undefined;
	#ephemeral: KeyPair | undefined;
	#remoteStatic: Uint8Array | undefined;
	#remoteEphemeral: Uint8Array | undefined;
	#next = 0;
	#over = false;

	constructor(options: NoiseOptions) {
		this.#primitives = options.primitives;
		this.#protocol = options.protocol;
		this.#initiator = options.role === 'initiator';
		this.#static = options.staticKeys;
		this.#ephemeral = options.ephemeralKeys;
		this.#presharedKey = options.presharedKey;
		this.#symmetric = new SymmetricState(options.primitives, this.#protocol);
		this.#symmetric.mixHash(options.prologue ?? new Uint8Array(0));
		if (this.#protocol.psk !== (options.presharedKey !== undefined))
			throw new TypeError(`presharedKey is ${this.#protocol.psk ? 'needed by' : 'not used in'} ${options.protocol.name}.`);
		if (options.presharedKey) checkLength('presharedKey', options.presharedKey, KEY_BYTES);
		this.#mixKnownKey(options.remoteStaticKey);
	}

	/** Every message has been written and read. */
	get finished(): boolean {
		return this.#next === this.#protocol.messages.length;
	}

	/** The hash of everything so far. */
	get handshakeHash(): Uint8Array {
		return this.#symmetric.hash;
	}

	/** The peer's static public key, 32 bytes, once it is known. Its owner has proved it only when the next payload opened. */
	get remoteStaticKey(): Uint8Array | undefined {
		return this.#remoteStatic;
	}

	/**
	 * @param payload bytes, or what makes them of the handshake hash as it stands just before they are sealed: so that a payload can sign it.
	 * @throws CryptoError WEAK_KEY.
	 */
	writeMessage(payload: Uint8Array | ((handshakeHash: Uint8Array) => Uint8Array)): NoiseMessage {
		return this.#step(this.#initiator, (tokens) => {
			let e: Uint8Array | undefined;
			let s: Uint8Array | undefined;
			for (const token of tokens) {
				if (token === 'e') e = this.#writeEphemeral();
				else if (token === 's') s = this.#symmetric.sealAndHash(this.#static.publicKey);
				else this.#mix(token);
			}
			const text = typeof payload === 'function' ? payload(this.#symmetric.hash) : payload;
			return { e, s, payload: this.#symmetric.sealAndHash(text) };
		});
	}

	/**
	 * @returns the payload, and the hash that its writer's payload function was given.
	 * @throws CryptoError DECRYPT_FAILED, WEAK_KEY, MALFORMED_FRAME where a part is missing or has the wrong length.
	 */
	readMessage(message: NoiseMessage): { payload: Uint8Array; payloadHash: Uint8Array } {
		return this.#step(!this.#initiator, (tokens) => {
			for (const token of tokens) {
				if (token === 'e') this.#readEphemeral(ephemeralOf(message));
				else if (token === 's') this.#remoteStatic = this.#symmetric.openAndHash(staticOf(message, this.#symmetric.sealing));
				else this.#mix(token);
			}
			const payloadHash = this.#symmetric.hash;
			return { payload: this.#symmetric.openAndHash(message.payload), payloadHash };
		});
	}

	/** What parseMessage() has to know to take the next message apart. */
	get next(): NextMessage {
		return { tokens: this.#protocol.messages[this.#next] ?? [], sealing: this.#symmetric.sealing, saltedByE: this.#protocol.psk };
	}

	/** Binds something both sides have seen, such as the frame a message came in, into all that follows. */
	mixHash(data: Uint8Array): void {
		if (this.#over) throw over();
		this.#symmetric.mixHash(data);
	}

	/** The keys, once; the handshake is over and its secrets wiped. */
	split(): NoiseKeys {
		if (this.#over || !this.finished) throw over();
		const { first, second, third } = this.#symmetric.split();
		const keys = { initiatorKey: first, responderKey: second, exporter: third, handshakeHash: this.#symmetric.hash };
		this.wipe();
		return keys;
	}

	/** Ends a handshake that will not be finished. */
	wipe(): void {
		this.#over = true;
		this.#symmetric.wipe();
		if (this.#ephemeral) wipe(this.#ephemeral.secretKey);
	}

	#step<Result>(initiatorsTurn: boolean, run: (tokens: readonly Token[]) => Result): Result {
		const tokens = this.#protocol.messages[this.#next];
		if (this.#over || !tokens || initiatorsTurn !== (this.#next % 2 === 0)) throw over();
		try {
			const result = run(tokens);
			this.#next++;
			return result;
		} catch (error) {
			this.wipe();
			throw error;
		}
	}

	#mixKnownKey(remoteStaticKey: Uint8Array | undefined): void {
		const { responderKnown, name } = this.#protocol;
		if ((responderKnown && this.#initiator) !== (remoteStaticKey !== undefined))
			throw new TypeError(`remoteStaticKey is ${remoteStaticKey ? 'not known beforehand' : 'needed'} by this side of ${name}.`);
		if (!responderKnown) return;
		this.#remoteStatic = remoteStaticKey;
		const known = remoteStaticKey ?? this.#static.publicKey;
		checkLength('remoteStaticKey', known, KEY_BYTES);
		this.#symmetric.mixHash(known);
	}

	#writeEphemeral(): Uint8Array {
		this.#ephemeral ??= this.#primitives.x25519.generate();
		this.#mixEphemeral(this.#ephemeral.publicKey);
		return this.#ephemeral.publicKey;
	}

	#readEphemeral(e: Uint8Array): void {
		this.#remoteEphemeral = e.slice();
		this.#mixEphemeral(e);
	}

	// Section 9.2: with a pre-shared key, the ephemeral keys also salt what it gives.
	#mixEphemeral(e: Uint8Array): void {
		this.#symmetric.mixHash(e);
		if (this.#protocol.psk) this.#symmetric.mixKey(e);
	}

	// A token of two letters: the initiator's key, then the responder's.
	#mix(token: Token): void {
		if (token === 'psk') return this.#symmetric.mixKeyAndHash(this.#presharedKey as Uint8Array);
		const [own, theirs] = this.#initiator ? [token[0], token[1]] : [token[1], token[0]];
		const keys = (own === 'e' ? this.#ephemeral : this.#static) as KeyPair;
		const remote = (theirs === 'e' ? this.#remoteEphemeral : this.#remoteStatic) as Uint8Array;
		const shared = this.#primitives.x25519.shared(keys.secretKey, remote);
		this.#symmetric.mixKey(shared);
		wipe(shared);
	}
}

function over(): Error {
	return new Error('This handshake is over, failed, or it is the other side that writes next: a mistake of the code that drives it.');
}
