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
		if (this.#wiped) throw new ConnectionError('CONNECTION_CLOSED', 'the secrets of this session are gone: it has ended, or encryption has taken over from it');
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
		this.#wiped = true;
		wipe(this.#secret);
	}
}
