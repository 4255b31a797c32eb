import { decodeBase64url, encodeBase64url, type Identity, type Primitives } from '@linkscope/crypto';

const CONNECTION_ID_BYTES = 16;

/** What a pairing is about. Public keys are identities, 32 bytes each. */
export interface PairTranscript {
	/** The channel's own, 32 bytes: the proofs are worth nothing on another connection. */
	readonly binding: Uint8Array;
	/** Who holds the invite. */
	readonly initiator: Uint8Array;
	/** Who issued it. */
	readonly responder: Uint8Array;
	/** 16 bytes. */
	readonly inviteId: Uint8Array;
	/** 32 bytes, the responder's. */
	readonly challenge: Uint8Array;
}

/** The proofs of docs/protocol.md#pairing. A pairing key is `Invite.pairingKey()`, 32 bytes. */
export class PairProofs {
	readonly #primitives: Primitives;
	readonly #transcript: PairTranscript;

	constructor(primitives: Primitives, transcript: PairTranscript) {
		this.#primitives = primitives;
		this.#transcript = transcript;
	}

	ofInitiator(pairingKey: Uint8Array): Uint8Array {
		return this.#hmac(pairingKey, ascii('I'), ...this.#parts());
	}

	ofResponder(pairingKey: Uint8Array, connectionId: string): Uint8Array {
		return this.#hmac(pairingKey, ascii('R'), ...this.#parts(), decodeBase64url(connectionId));
	}

	/** The same for the same two identities and invite, so that who tries again gets the same: 16 bytes as base64url. */
	connectionId(pairingKey: Uint8Array): string {
		const { initiator, responder } = this.#transcript;
		return encodeBase64url(this.#hmac(pairingKey, ascii('connection'), initiator, responder).subarray(0, CONNECTION_ID_BYTES));
	}

	/** The initiator's signature; of the identity, so that it holds even where a secret leaked. */
	sign(identity: Identity): Uint8Array {
		return identity.sign(this.#signedBytes());
	}

	isSigned(signature: Uint8Array): boolean {
		return this.#primitives.ed25519.verify(this.#transcript.initiator, this.#signedBytes(), signature);
	}

	#parts(): Uint8Array[] {
		const { binding, initiator, responder, inviteId, challenge } = this.#transcript;
		return [binding, initiator, responder, inviteId, challenge];
	}

	#signedBytes(): Uint8Array {
		return Uint8Array.from([ascii('linkscope/1 pair\0'), ...this.#parts()].flatMap((part) => [...part]));
	}

	#hmac(key: Uint8Array, ...parts: Uint8Array[]): Uint8Array {
		return this.#primitives.hmac('SHA256', key, ...parts);
	}
}

function ascii(text: string): Uint8Array {
	return new TextEncoder().encode(text);
}
