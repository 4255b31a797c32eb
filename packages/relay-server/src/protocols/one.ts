import type { KeyPair } from '@linkscope/crypto';
import { bytesToHex, Challenge, hexOf, parseObject, readCommand, SEALED_CHALLENGE_BYTES, sharedKeyOf } from '@linkscope/crypto/nacl';
import type { Hints } from '../cluster/cluster.js';
import { bareKey, oneKey } from '../registration-key.js';
import type { Conversation, Session, SessionParts } from '../session.js';
import type { WaitingWords } from '../spare.js';

const NO_HINTS: Hints = { direct: [], relays: [], transports: [] };

const WORDS: WaitingWords = {
	ping: JSON.stringify({ command: 'ping' }),
	isPong: (text) => parseObject(text).command === 'pong',
	announce: ({ from, target }) => [
		JSON.stringify({ command: 'connection_handover' }),
		JSON.stringify({ command: 'communication_request', sourcePublicKey: bareKey(from), targetPublicKey: bareKey(target) }),
	],
};

/** Who registers, until the answer to its challenge has been looked at. */
interface Candidate {
	publicKey: Uint8Array;
	challenge: Challenge;
}

/** The comm-server's side of ONE's protocol: docs/protocol.md#waiting-at-a-one-relay. */
export class OneConversation implements Conversation {
	readonly isOne = true;
	readonly #session: Session;
	readonly #parts: SessionParts;
	#candidate: Candidate | null = null;

	constructor(session: Session, parts: SessionParts) {
		this.#session = session;
		this.#parts = parts;
	}

	receive(text: string): void {
		if (this.#candidate !== null) return this.#takeAnswer(text, this.#candidate);
		const { command } = parseObject(text);
		if (command === 'register') this.#takeRegister(text);
		else if (command === 'communication_request') this.#takeRequest(text);
		else this.#session.refuse('MALFORMED_FRAME');
	}

	#takeRegister(text: string): void {
		const publicKey = hexOf(readCommand(text, 'register'), 'publicKey');
		const challenge = new Challenge(sharedKeyOf(this.#agreed(publicKey)));
		this.#candidate = { publicKey, challenge };
		const request = { command: 'authentication_request', publicKey: bytesToHex(this.#own.publicKey), challenge: bytesToHex(challenge.sealed) };
		this.#session.socket.send(JSON.stringify(request));
	}

	#takeAnswer(text: string, { publicKey, challenge }: Candidate): void {
		const response = hexOf(readCommand(text, 'authentication_response'), 'response', SEALED_CHALLENGE_BYTES);
		if (!challenge.isAnswer(response)) return this.#session.refuse('AUTH_FAILED');
		const welcome = JSON.stringify({ command: 'authentication_success', pingInterval: this.#parts.pingIntervalMs });
		this.#session.wait({ key: oneKey(publicKey), hints: NO_HINTS, words: WORDS }, welcome);
	}

	/** Whoever asks has proved nothing; all that can be seen is whether its key is one. */
	#takeRequest(text: string): void {
		const request = readCommand(text, 'communication_request');
		const source = hexOf(request, 'sourcePublicKey');
		const target = hexOf(request, 'targetPublicKey');
		// Of small order, so nothing can be agreed on with it: it would use up a registration for nothing. Throws.
		this.#agreed(source);
		const call = { from: oneKey(source), target: oneKey(target) };
		this.#session.run(() => this.#parts.calls.dial(call, this.#session));
	}

	/** @throws CryptoError WEAK_KEY. */
	#agreed(publicKey: Uint8Array): Uint8Array {
		return this.#parts.keys.primitives.x25519.shared(this.#own.secretKey, publicKey);
	}

	get #own(): KeyPair {
		return this.#parts.keys.one;
	}
}
