import { type Clock, HandshakeError, type Payload, systemClock } from '@linkscope/core';
import {
	answerChallenge,
	bytesToHex,
	CryptoError,
	equalBytes,
	fingerprintOf,
	hexOf,
	type KeyPair,
	malformed,
	type OneObject,
	parseObject,
	readCommand,
	SEALED_CHALLENGE_BYTES,
} from '@linkscope/crypto/nacl';

export interface OneRegistrationOptions {
	/** The keys that others will ask the relay for. */
	keys: KeyPair;
	/**
	 * The relay's public key. Without it any relay is taken, and a hostile one could hand on the challenge of another and register there in this side's name:
	 * the protocol binds the answer to nothing else.
	 */
	relayKey?: Uint8Array;
	clock?: Clock;
	send(frame: string): void;
	/** The registration is over, and the connection to the relay is to be closed. */
	fail(error: Error): void;
}

const ANSWER_WITHIN_MS = 10_000;
const PING_GRACE_MS = 4_000;
const [SHORTEST_PING_MS, LONGEST_PING_MS] = [1_000, 60 * 60 * 1000];

/**
 * A listener's registration at a ONE relay, without the socket: `begin()`, then every frame to `receive()` until that says 'handover'. This frame and
 * all that follow are for a `OneSessionPlugin({ role: 'acceptor', relayed: true })`.
 *
 * Ends through `fail` with HandshakeError AUTH_FAILED, PEER_MISMATCH, PROTOCOL_ORDER, MALFORMED_FRAME, or HANDSHAKE_TIMEOUT where the relay falls silent.
 */
export class OneRegistration {
	readonly #options: OneRegistrationOptions;
	#state: 'new' | 'registering' | 'authenticating' | 'waiting' | 'over' = 'new';
	#pingIntervalMs = 0;
	#cancelTimer = (): void => {};

	constructor(options: OneRegistrationOptions) {
		this.#options = options;
	}

	/** True once the relay hands callers over to us. */
	get isWaiting(): boolean {
		return this.#state === 'waiting';
	}

	begin(): void {
		this.#state = 'registering';
		this.#expectWithin(ANSWER_WITHIN_MS);
		this.#say({ command: 'register', publicKey: bytesToHex(this.#options.keys.publicKey) });
	}

	/** @returns 'handover' when this frame, and what follows it, is not for the registration any more. */
	receive(frame: Payload): 'handover' | 'consumed' {
		if (this.#state === 'new') throw new TypeError('begin() comes before receive()');
		if (this.#state === 'over') return 'consumed';
		try {
			return this.#take(frame);
		} catch (error) {
			this.#fail(named(error as Error));
			return 'consumed';
		}
	}

	/** No timer is left. */
	stop(): void {
		this.#state = 'over';
		this.#cancelTimer();
	}

	#take(frame: Payload): 'handover' | 'consumed' {
		if (this.#state === 'registering') this.#authenticate(readCommand(frame, 'authentication_request'));
		else if (this.#state === 'authenticating') this.#succeed(readCommand(frame, 'authentication_success'));
		else return this.#wait(frame);
		return 'consumed';
	}

	#authenticate(request: OneObject): void {
		const { keys, relayKey } = this.#options;
		const theirKey = hexOf(request, 'publicKey');
		if (relayKey && !equalBytes(relayKey, theirKey)) {
			throw new HandshakeError('PEER_MISMATCH', `ONE: the relay should be ${fingerprintOf(relayKey)}, and it names ${fingerprintOf(theirKey)}`);
		}
		const challenge = hexOf(request, 'challenge', SEALED_CHALLENGE_BYTES);
		const response = answerChallenge(challenge, theirKey, keys.secretKey);
		this.#state = 'authenticating';
		this.#expectWithin(ANSWER_WITHIN_MS);
		this.#say({ command: 'authentication_response', response: bytesToHex(response) });
	}

	#succeed({ pingInterval }: OneObject): void {
		const isInRange = typeof pingInterval === 'number' && pingInterval >= SHORTEST_PING_MS && pingInterval <= LONGEST_PING_MS;
		if (!isInRange) throw malformed(`"pingInterval" must be a number from ${SHORTEST_PING_MS} to ${LONGEST_PING_MS}`);
		this.#state = 'waiting';
		this.#pingIntervalMs = pingInterval;
		this.#expectWithin(pingInterval + PING_GRACE_MS);
	}

	#wait(frame: Payload): 'handover' | 'consumed' {
		if (typeof frame === 'string' && parseObject(frame).command === 'connection_handover') {
			this.stop();
			return 'handover';
		}
		readCommand(frame, 'ping');
		this.#expectWithin(this.#pingIntervalMs + PING_GRACE_MS);
		this.#say({ command: 'pong' });
		return 'consumed';
	}

	#say(command: object): void {
		this.#options.send(JSON.stringify(command));
	}

	#expectWithin(ms: number): void {
		this.#cancelTimer();
		this.#cancelTimer = (this.#options.clock ?? systemClock).after(ms, () => {
			this.#fail(new HandshakeError('HANDSHAKE_TIMEOUT', `ONE: the relay has said nothing for ${ms} ms while this side was ${this.#state}`));
		});
	}

	#fail(error: Error): void {
		this.stop();
		this.#options.fail(error);
	}
}

/** Of the errors of the crypto package, the one of a challenge means more here. */
function named(error: Error): Error {
	if (!(error instanceof CryptoError)) return error;
	return error.code === 'DECRYPT_FAILED'
		? new HandshakeError('AUTH_FAILED', "ONE: the relay's challenge is not for this side's key, or not of the key it names")
		: new HandshakeError(error.code, error.message);
}
