import { type Payload, TransportError } from '@linkscope/core';
import {
	answerChallenge,
	bytesToHex,
	CryptoError,
	equalBytes,
	fingerprintOf,
	hexOf,
	type KeyPair,
	parseObject,
	readCommand,
	SEALED_CHALLENGE_BYTES,
} from '@linkscope/crypto/nacl';
import { Registration, type RegistrationEvents } from './registration.js';

export interface OneRegistrationOptions extends RegistrationEvents {
	/** The keys that others will ask the relay for. */
	keys: KeyPair;
	/**
	 * The relay's public key. Without it any relay is taken, and a hostile one could hand on the challenge of another and register there in this side's name:
	 * the protocol binds the answer to nothing else.
	 */
	relayKey?: Uint8Array | undefined;
}

/**
 * A registration at a ONE relay. The frame that is the call, and all that follow, are for a `OneSessionPlugin({ role: 'acceptor', relayed: true })`.
 *
 * Ends through `fail` with TransportError AUTH_FAILED, PEER_MISMATCH, PROTOCOL_ORDER, MALFORMED_FRAME, or HANDSHAKE_TIMEOUT where the relay falls silent.
 */
export class OneRegistration extends Registration {
	readonly #options: OneRegistrationOptions;

	constructor(options: OneRegistrationOptions) {
		super(options);
		this.#options = options;
	}

	protected hello(): object {
		return { command: 'register', publicKey: bytesToHex(this.#options.keys.publicKey) };
	}

	protected prove(frame: Payload): object {
		const { keys, relayKey } = this.#options;
		const request = readCommand(frame, 'authentication_request');
		const theirKey = hexOf(request, 'publicKey');
		if (relayKey && !equalBytes(relayKey, theirKey)) {
			throw new TransportError('PEER_MISMATCH', `ONE: the relay should be ${fingerprintOf(relayKey)}, and it names ${fingerprintOf(theirKey)}`);
		}
		const response = answerChallenge(hexOf(request, 'challenge', SEALED_CHALLENGE_BYTES), theirKey, keys.secretKey);
		return { command: 'authentication_response', response: bytesToHex(response) };
	}

	protected registered(frame: Payload): unknown {
		return readCommand(frame, 'authentication_success').pingInterval;
	}

	protected isCall(frame: Payload): boolean {
		if (typeof frame === 'string' && parseObject(frame).command === 'connection_handover') return true;
		readCommand(frame, 'ping');
		return false;
	}

	protected pong(): object {
		return { command: 'pong' };
	}

	protected named(error: Error): Error {
		if (!(error instanceof CryptoError)) return error;
		return error.code === 'DECRYPT_FAILED'
			? new TransportError('AUTH_FAILED', "ONE: the relay's challenge is not for this side's key, or not of the key it names")
			: new TransportError(error.code, error.message);
	}
}
