import { ConnectionError } from '@linkscope/core';
import { encodeBase64url, expand, type Primitives, wipe } from '@linkscope/crypto';

const encoder = new TextEncoder();
const NOTHING = new Uint8Array(0);

/** Makes secrets of one session, each for one purpose (docs/protocol.md#authentication). */
export class Exporter {
	readonly #primitives: Primitives;
	#secret: Uint8Array;

	/** @param secret 32 bytes; belongs to this object, which wipes it. */
	constructor(primitives: Primitives, secret: Uint8Array) {
		this.#primitives = primitives;
		// A fresh array of this size stays small as long as no native code has seen it, and most sessions export nothing.
		this.#secret = secret.slice();
		wipe(secret);
	}

	/** @returns 32 bytes. @throws ConnectionError CONNECTION_CLOSED: what a wiped secret gives, anybody could compute. */
	export(label: string): Uint8Array {
		if (this.#secret === NOTHING)
			throw new ConnectionError('CONNECTION_CLOSED', 'the secrets of this session are gone: it has ended, or encryption has taken over from it');
		return expand(this.#primitives, this.#secret, encoder.encode(`linkscope/1 ${label}`));
	}

	get binding(): Uint8Array {
		return this.export('binding');
	}

	/** 22 characters. */
	get sessionId(): string {
		return encodeBase64url(this.export('session id').subarray(0, 16));
	}

	wipe(): void {
		wipe(this.#secret);
		this.#secret = NOTHING;
	}
}
