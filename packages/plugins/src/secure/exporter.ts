import { ConnectionError } from '@linkscope/core';
import { encodeBase64url, expand, type Primitives, wipe } from '@linkscope/crypto';

const encoder = new TextEncoder();

/** Makes secrets of one session, each for one purpose (docs/protocol.md#authentication). */
export class Exporter {
	readonly #primitives: Primitives;
	readonly #secret: Uint8Array;
	#wiped = false;

	/** @param secret 32 bytes; belongs to this object, which wipes it. */
	constructor(primitives: Primitives, secret: Uint8Array) {
		this.#primitives = primitives;
		this.#secret = secret;
	}

	/** @returns 32 bytes. @throws ConnectionError CONNECTION_CLOSED: what a wiped secret gives, anybody could compute. */
	export(label: string): Uint8Array {
		if (this.#wiped) throw new ConnectionError('CONNECTION_CLOSED', 'the session has ended, and its secrets with it');
		return expand(this.#primitives, this.#secret, encoder.encode(`linkscope/1 ${label}`));
	}

	/** A record key, which is no export. @returns 32 bytes. */
	recordKey(direction: 'i2r' | 'r2i'): Uint8Array {
		return expand(this.#primitives, this.#secret, encoder.encode(direction));
	}

	get binding(): Uint8Array {
		return this.export('binding');
	}

	/** 22 characters. */
	get sessionId(): string {
		return encodeBase64url(this.export('session id').subarray(0, 16));
	}

	wipe(): void {
		this.#wiped = true;
		wipe(this.#secret);
	}
}
