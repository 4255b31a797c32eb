import { asError, codeOf, type Payload, TransportError } from '@linkscope/core';
import {
	bytesField,
	type ControlObject,
	defaultPrimitives,
	encodeBase64url,
	equalBytes,
	fingerprintOf,
	type Identity,
	relayProofBytes,
} from '@linkscope/crypto';
import { readRelayMessage } from './relay-messages.js';

export interface Introducing {
	identity: Identity;
	/** As `relayOrigin` writes the address that was dialled. */
	origin: string;
	/** The relay's identity, where it is pinned. */
	relayKey?: Uint8Array | undefined;
	role: 'listener' | 'dialler';
	/** Of a listener: what discover shall tell. */
	hints?: object;
}

/** Who this side is, said to a relay and proved to that relay alone (docs/protocol.md#relay). */
export class Introduction {
	readonly #who: Introducing;
	readonly #nonce = defaultPrimitives().randomBytes(32);

	constructor(who: Introducing) {
		this.#who = who;
	}

	hello(): object {
		const { identity, origin, relayKey } = this.#who;
		const pinned = relayKey && { relay: encodeBase64url(relayKey) };
		return { type: 'relay_hello', v: 1, origin, key: encodeBase64url(identity.publicKey), nonce: encodeBase64url(this.#nonce), ...pinned };
	}

	/**
	 * @returns the proof that answers a challenge, and the identity that the relay says it has.
	 * @throws TransportError PEER_MISMATCH, AUTH_FAILED, PROTOCOL_ORDER, MALFORMED_FRAME.
	 */
	answer(frame: Payload): { proof: object; relayKey: Uint8Array } {
		const { identity, role, hints, relayKey: pinned } = this.#who;
		const { challenge, relayKey, relayNonce } = this.#read(frame);
		if (pinned) this.#check(challenge, pinned, relayKey, relayNonce);
		const signature = identity.sign(this.#signed(role === 'listener' ? 'L' : 'D', relayNonce));
		return { proof: { type: 'relay_proof', role, signature: encodeBase64url(signature), ...hints }, relayKey };
	}

	/** The first thing that it says: a server of another kind is noticed here. */
	#read(frame: Payload): { challenge: ControlObject; relayKey: Uint8Array; relayNonce: Uint8Array } {
		try {
			const challenge = readRelayMessage(frame, 'relay_challenge');
			return { challenge, relayKey: bytesField(challenge, 'key', 32), relayNonce: bytesField(challenge, 'nonce', 32) };
		} catch (cause) {
			const what = asError(cause).message.replace(/^relay: /, '');
			throw new TransportError(codeOf(cause) ?? 'MALFORMED_FRAME', `relay: ${what}; is ${this.#who.origin} a relay?`, { cause });
		}
	}

	#check(challenge: ControlObject, pinned: Uint8Array, relayKey: Uint8Array, relayNonce: Uint8Array): void {
		const { origin } = this.#who;
		if (!equalBytes(pinned, relayKey)) {
			throw new TransportError('PEER_MISMATCH', `relay: ${origin} should be ${fingerprintOf(pinned)}, and it names itself ${fingerprintOf(relayKey)}`);
		}
		const signature = bytesField(challenge, 'signature', 64);
		if (!defaultPrimitives().ed25519.verify(relayKey, this.#signed('S', relayNonce), signature)) {
			throw new TransportError('AUTH_FAILED', `relay: ${origin} did not prove that it is ${fingerprintOf(relayKey)}: is somebody in between?`);
		}
	}

	#signed(role: 'L' | 'D' | 'S', relayNonce: Uint8Array): Uint8Array {
		const { identity, origin, relayKey } = this.#who;
		return relayProofBytes({ role, origin, relayKey, relayNonce, clientNonce: this.#nonce, key: identity.publicKey });
	}
}
