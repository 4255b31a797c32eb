import type { Clock, Wire } from '@linkscope/core';
import {
	bytesField,
	type ControlObject,
	encodeBase64url,
	fingerprintOf,
	type Identity,
	integerField,
	LINKSCOPE_NOISE,
	listField,
	NoiseHandshake,
	type NoiseKeys,
	type Primitives,
	parseControlJson,
	RecordFlag,
	RecordOpener,
	RecordSealer,
	textField,
	wipe,
} from '@linkscope/crypto';
import { expectControl } from './control-message.js';
import { checkProof, proveIdentity } from './identity-proof.js';
import { CAPABILITIES } from './negotiation.js';
import type { PinnedPeer } from './pinned-peer.js';
import { openControl, sealControl } from './sealed-control.js';
import { SecurityError, securityError } from './security-error.js';
import { authenticationSuite } from './suite-choice.js';

const VERSION = 1;
const UNVERIFIED = 'unverified';
/** Whoever takes less could not be answered. */
const SMALLEST_MAXIMUM_BYTES = 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const PROLOGUE = encoder.encode('linkscope/1');
const NOTHING = new Uint8Array(0);

/** Somebody who has proved an identity and asks to be let in. */
export interface AuthenticatedPeer {
	/** Ed25519, 32 bytes. */
	readonly publicKey: Uint8Array;
	readonly fingerprint: string;
	/** False where the peer says that its identity is a throw-away one. An initiator hears of that only later. */
	readonly verified: boolean;
	/** The peer dialled with an invite. */
	readonly pairingRequested: boolean;
}

/** 'pairing': known to nobody yet, an invite must be proved before anything else. */
export type Authorization = 'trusted' | 'pairing' | 'refused';

export interface AuthenticateOptions {
	readonly primitives: Primitives;
	readonly clock: Clock;
	readonly identity: Identity;
	/** The identity was made for this connection alone. */
	readonly throwAway: boolean;
	readonly peer?: PinnedPeer;
	readonly authorize?: (peer: AuthenticatedPeer) => Authorization | Promise<Authorization>;
	readonly requestPairing: boolean;
	/** The largest application message this side takes, in bytes. */
	readonly maxMessageBytes: number;
	/** What the encryption above offers: an initiator says it behind its proof, as its last message under the keys of authentication. */
	readonly early?: string;
}

/** What both sides hold once authentication is done. */
export interface AuthenticatedSession {
	/** Null where this side has handed its direction over already. */
	readonly sealer: RecordSealer | null;
	readonly opener: RecordOpener;
	/** Ed25519, 32 bytes, proved. */
	readonly peerIdentity: Uint8Array;
	/** Of that key. */
	readonly fingerprint: string;
	readonly verified: boolean;
	readonly pairing: 'required' | 'none';
	/** The largest application message the peer takes, in bytes. */
	readonly peerMaxMessageBytes: number;
	/** What exporters are expanded from. */
	readonly secret: Uint8Array;
}

/**
 * The four messages of docs/protocol.md#authentication, in either role.
 * @throws SecurityError, with nothing secret left behind.
 */
export async function authenticate(wire: Wire, options: AuthenticateOptions): Promise<AuthenticatedSession> {
	const handshake = new Handshake(wire, options);
	try {
		return await (wire.initiator ? handshake.initiate() : handshake.respond());
	} catch (error) {
		handshake.wipeSession();
		throw securityError('auth', error, 'AUTH_FAILED');
	} finally {
		handshake.wipe();
	}
}

interface SessionKeys {
	readonly sealer: RecordSealer;
	readonly opener: RecordOpener;
	readonly secret: Uint8Array;
}

class Handshake {
	readonly #wire: Wire;
	readonly #options: AuthenticateOptions;
	readonly #staticKeys;
	readonly #noise: NoiseHandshake;
	/** Of the message sent or read last. */
	#frame = '';
	#session: SessionKeys | null = null;

	constructor(wire: Wire, options: AuthenticateOptions) {
		this.#wire = wire;
		this.#options = options;
		this.#staticKeys = options.primitives.x25519.generate();
		this.#noise = new NoiseHandshake({
			primitives: options.primitives,
			protocol: LINKSCOPE_NOISE,
			role: wire.initiator ? 'initiator' : 'responder',
			prologue: PROLOGUE,
			staticKeys: this.#staticKeys,
		});
	}

	async initiate(): Promise<AuthenticatedSession> {
		const { clock, identity, primitives, maxMessageBytes, early } = this.#options;
		const first = this.#noise.writeMessage(NOTHING);
		this.#send({ type: 'auth', v: VERSION, e: text(first.e), timestamp: Math.round(clock.epoch()) });

		const challenge = await this.#read('challenge');
		if (textField(challenge, 'algorithm') !== LINKSCOPE_NOISE.name) throw otherProtocol();
		const { payload, payloadHash } = this.#noise.readMessage({
			e: bytesField(challenge, 'nonce', 32),
			s: bytesField(challenge, 'static', 48),
			payload: bytesField(challenge, 'sealed'),
		});
		this.#mixFrame();
		const peerIdentity = checkProof(primitives, read(payload), { role: 'R', handshakeHash: payloadHash, staticKey: this.#remoteStatic });
		// Before message 3 leaves: a wrong responder never learns who called.
		const fingerprint = fingerprintOf(peerIdentity);
		const decision = await this.#decide({ publicKey: peerIdentity, fingerprint, verified: true, pairingRequested: false });

		const third = this.#noise.writeMessage((handshakeHash) =>
			bytes({
				...proveIdentity(identity, { role: 'I', handshakeHash, staticKey: this.#staticKeys.publicKey, expected: peerIdentity }),
				max_message_bytes: maxMessageBytes,
				capabilities: this.#capabilities,
				...((this.#options.requestPairing || decision === 'pairing') && { pairing: 'requested' }),
			}),
		);
		this.#send({ type: 'response', proof: text(third.s), sealed: text(third.payload) });
		const session = this.#split();
		if (early !== undefined) this.#handOver(session.sealer, early);

		// That it opens is the confirmation of the keys.
		const { flags, message } = openControl(session.opener, expectControl(await this.#wire.read(), 'auth_success'));
		if (flags !== RecordFlag.NONE) throw new SecurityError('auth', 'PROTOCOL_ORDER', 'auth_success with a flag');
		const pairing = textField(message, 'pairing');
		if (pairing !== 'required' && pairing !== 'none')
			throw new SecurityError('auth', 'MALFORMED_FRAME', 'auth_success says neither that pairing is required nor that it is not');
		const sealer = early === undefined ? session.sealer : null;
		return {
			...session,
			sealer,
			peerIdentity,
			fingerprint,
			pairing,
			verified: isVerified(message),
			peerMaxMessageBytes: integerField(message, 'max_message_bytes', SMALLEST_MAXIMUM_BYTES),
		};
	}

	async respond(): Promise<AuthenticatedSession> {
		const { clock, identity, primitives, maxMessageBytes } = this.#options;
		const auth = await this.#read('auth');
		if (integerField(auth, 'v') !== VERSION) throw otherProtocol();
		this.#noise.readMessage({ e: bytesField(auth, 'e', 32), payload: NOTHING });
		this.#mixFrame();

		const second = this.#noise.writeMessage((handshakeHash) =>
			bytes(proveIdentity(identity, { role: 'R', handshakeHash, staticKey: this.#staticKeys.publicKey })),
		);
		this.#send({ type: 'challenge', nonce: text(second.e), algorithm: LINKSCOPE_NOISE.name, static: text(second.s), sealed: text(second.payload) });

		const response = await this.#read('response');
		const { payload, payloadHash } = this.#noise.readMessage({ s: bytesField(response, 'proof', 48), payload: bytesField(response, 'sealed') });
		this.#mixFrame();
		const claims = read(payload);
		const proof = { role: 'I', handshakeHash: payloadHash, staticKey: this.#remoteStatic, expected: identity.publicKey } as const;
		const peerIdentity = checkProof(primitives, claims, proof);
		const pairingRequested = claims.pairing === 'requested';
		const verified = isVerified(claims);
		const peerMaxMessageBytes = integerField(claims, 'max_message_bytes', SMALLEST_MAXIMUM_BYTES);
		const session = this.#split();
		const fingerprint = fingerprintOf(peerIdentity);
		const decision = await this.#decide({ publicKey: peerIdentity, fingerprint, verified, pairingRequested });

		const pairing = decision === 'pairing' || pairingRequested ? 'required' : 'none';
		const success = JSON.stringify({ type: 'auth_success', capabilities: this.#capabilities, max_message_bytes: maxMessageBytes, pairing });
		this.#wire.send(sealControl(session.sealer, 'auth_success', success, 0, clock.now()));
		return { ...session, peerIdentity, fingerprint, pairing, verified, peerMaxMessageBytes };
	}

	/** The keys of a session that will not be. */
	wipeSession(): void {
		this.#session?.sealer.wipe();
		this.#session?.opener.wipe();
		if (this.#session) wipe(this.#session.secret);
	}

	wipe(): void {
		this.#noise.wipe();
		wipe(this.#staticKeys.secretKey);
	}

	get #capabilities(): readonly string[] {
		return this.#options.throwAway ? [UNVERIFIED] : [];
	}

	get #remoteStatic(): Uint8Array {
		return this.#noise.remoteStaticKey as Uint8Array;
	}

	/** @throws SecurityError PEER_MISMATCH, PEER_UNKNOWN. */
	async #decide(somebody: AuthenticatedPeer): Promise<Authorization> {
		const { peer, authorize } = this.#options;
		const { publicKey, fingerprint } = somebody;
		if (peer && !peer.matches(publicKey)) {
			throw new SecurityError(
				'auth',
				'PEER_MISMATCH',
				`expected the identity ${peer.fingerprint}, got ${fingerprint}: this is somebody else, or its identity was changed`,
			);
		}
		const decision = authorize ? await authorize(somebody) : 'trusted';
		if (decision === 'trusted' || decision === 'pairing') return decision;
		throw new SecurityError('auth', 'PEER_UNKNOWN', `this side does not let the identity ${fingerprint} in: pair with it, or add it to the trust store`);
	}

	/** What is hashed is the text as it stood on the wire: nothing is serialised twice. */
	#send(message: object): void {
		this.#frame = JSON.stringify(message);
		this.#mixFrame();
		this.#wire.send(this.#frame);
	}

	async #read(type: string): Promise<ControlObject> {
		const frame = await this.#wire.read();
		const message = expectControl(frame, type);
		this.#frame = frame as string;
		return message;
	}

	#mixFrame(): void {
		this.#noise.mixHash(encoder.encode(this.#frame));
	}

	/** The peer has proved itself with message 2: its answer to what is offered comes a round trip earlier. */
	#handOver(sealer: RecordSealer, early: string): void {
		this.#wire.send(sealControl(sealer, CAPABILITIES, early, RecordFlag.HAND_OVER, this.#options.clock.now()));
		sealer.wipe();
	}

	#split(): SessionKeys {
		const { primitives } = this.#options;
		const { initiatorKey, responderKey, exporter, handshakeHash }: NoiseKeys = this.#noise.split();
		const suite = authenticationSuite(primitives);
		const [own, theirs] = this.#wire.initiator ? [initiatorKey, responderKey] : [responderKey, initiatorKey];
		const secret = primitives.hmac('SHA256', handshakeHash, exporter);
		wipe(exporter);
		this.#session = { sealer: new RecordSealer({ suite, primitives, key: own }), opener: new RecordOpener({ suite, primitives, key: theirs }), secret };
		return this.#session;
	}
}

function isVerified(message: ControlObject): boolean {
	return !listField(message, 'capabilities').includes(UNVERIFIED);
}

function otherProtocol(): SecurityError {
	return new SecurityError('auth', 'NO_COMMON_SUITE', `the peer does not speak linkscope/${VERSION} with ${LINKSCOPE_NOISE.name}: update the older of the two`);
}

function text(part: Uint8Array | undefined): string {
	return encodeBase64url(part as Uint8Array);
}

function bytes(payload: object): Uint8Array {
	return encoder.encode(JSON.stringify(payload));
}

function read(payload: Uint8Array): ControlObject {
	let json: string;
	try {
		json = decoder.decode(payload);
	} catch {
		throw new SecurityError('auth', 'MALFORMED_FRAME', 'a sealed payload that is no UTF-8');
	}
	return parseControlJson(json);
}
