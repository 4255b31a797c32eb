const POOL_BYTES = 8192;
/** From this size on masking costs more than a second buffer in the write; smaller sealed messages are framed by sealedFrame. */
const WORTH_SKIPPING_BYTES = 4096;

const maskings = new WeakMap<object, Masking>();
const pool = new Uint8Array(POOL_BYTES);
let used = POOL_BYTES;

const ZEROS = new Uint8Array(4);
const scratch = new Uint8Array(4);

/**
 * The masks of one client's frames. RFC 6455 section 10.3 wants them random so that nobody who chooses a message chooses the bytes that a proxy sees.
 * Sealing does not keep the peer from that: it knows the key stream of what is sent to it. So only what goes through TLS, where a proxy sees
 * none of it, is masked with zeros, which `ws` takes for not masking; and only what is sealed, as all else is left to `ws`.
 */
export class Masking {
	/** Every message is sealed from now on. */
	opaque = false;
	#skip = false;

	constructor(readonly overTls: boolean) {}

	static of(socket: object): Masking | undefined {
		return maskings.get(socket);
	}

	serve(socket: object): void {
		maskings.set(socket, this);
	}

	/** To be called before a message is handed to `ws`, which frames it within the call. */
	prepare(bytes: number): void {
		this.#skip = this.overTls && this.opaque && bytes >= WORTH_SKIPPING_BYTES;
	}

	/** The `generateMask` of ws: as its own, but for the zeros. */
	readonly generate = (mask: Uint8Array): void => {
		if (this.#skip) {
			mask.fill(0);
			// A control frame of ws itself is masked as ever.
			this.#skip = false;
			return;
		}
		fillRandom(mask);
	};
}

/** The mask of a sealed frame that goes past `ws`: borrowed until the next call. */
export function maskOfSealed(masking: Masking | undefined): Uint8Array {
	if (masking?.overTls) return ZEROS;
	fillRandom(scratch);
	return scratch;
}

function fillRandom(mask: Uint8Array): void {
	if (used === POOL_BYTES) {
		crypto.getRandomValues(pool);
		used = 0;
	}
	for (let i = 0; i < 4; i++) mask[i] = pool[used++] as number;
}
