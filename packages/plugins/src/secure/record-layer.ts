import {
	asError,
	byteLength,
	type CloseInfo,
	MESSAGE_OVERHEAD_BYTES,
	type Payload,
	PluginError,
	type PluginHost,
	turnNow,
	type Unsubscribe,
} from '@linkscope/core';
import { ITEM_HEADER_BYTES, ItemReader, parseControlJson, RecordFlag, type RecordOpener, type RecordSealer, textField } from '@linkscope/crypto';
import { controlTypeOf, isOutOfOrder } from './control-message.js';
import { OutgoingItems } from './outgoing-items.js';
import { openControl, sealControl } from './sealed-control.js';
import { SecurityError, securityError } from './security-error.js';

/** Of layers that another has taken over from. */
const NOTHING_WAITS = new OutgoingItems();

/** As much as a handshake's inbox holds. */
const MAX_EARLY_BYTES = 256 * 1024;
/** From the peer's goodbye to the end of the connection. */
const GOODBYE_GRACE_MS = 5_000;
/** A record of several messages has at most so many bytes of plaintext. */
const SHARED_RECORD_BYTES = 64 * 1024;
/** A frame may be so much longer than the largest message (docs/protocol.md#records). */
export const FRAME_HEADROOM_BYTES = 1024;

/** The largest message whose frame the transport takes. */
export function largestMessage(host: PluginHost): number {
	return Math.max(1, host.maxMessageBytes - FRAME_HEADROOM_BYTES);
}

export interface RecordLayerOptions {
	readonly host: PluginHost;
	readonly kind: 'auth' | 'encryption';
	/** Null where this side has handed its direction over before there was a layer. */
	readonly sealer: RecordSealer | null;
	readonly opener: RecordOpener;
	/** The largest message this side takes. */
	readonly maxMessageBytes: number;
	/** The largest message the peer takes. */
	readonly peerMaxMessageBytes: number;
	/** Whether another layer may take over from this one. */
	readonly mayHandOver: boolean;
}

/** Of RFC 6455: what browsers say for a page that is left. */
const GOING_AWAY = 1001;

/**
 * Everything between two plugins, in sealed records. Messages of one turn share a record, which leaves when the running code has ended;
 * a first one is not held back where the turn before had no second: for question and answer the sharing would only cost time.
 * What other handshakes say before ACTIVE travels as sealed control messages.
 */
export class RecordLayer {
	/** Without the keys, which are let go of when another layer takes over. */
	readonly #options: Omit<RecordLayerOptions, 'host' | 'sealer' | 'opener'>;
	readonly #host: PluginHost;
	/** Null once another layer has taken over that direction, and at the end: frames then pass as they are. */
	#sealer: RecordSealer | null;
	#opener: RecordOpener | null;
	#items = new OutgoingItems();
	#sentThisTurn = 0;
	/** Several messages were sent in this turn or the one before. */
	#bursts = false;
	readonly #sharedBytes: number;
	readonly #maxFrameBytes: number;
	#active = false;
	#ended = false;
	#takenOver = false;
	/** Came behind the peer's hand-over, before the layer above took over. */
	readonly #early: Payload[] = [];
	#earlyBytes = 0;
	/** The peer handed its direction over. */
	handedOver = false;
	#saidGoodbye = false;
	#peerSaidGoodbye = false;
	#cancelGrace: Unsubscribe | null = null;

	constructor(options: RecordLayerOptions) {
		const { kind, maxMessageBytes, peerMaxMessageBytes, mayHandOver } = options;
		this.#options = { kind, maxMessageBytes, peerMaxMessageBytes, mayHandOver };
		this.#host = options.host;
		this.#sealer = options.sealer;
		this.#opener = options.opener;
		this.#sharedBytes = Math.min(SHARED_RECORD_BYTES, peerMaxMessageBytes);
		this.#maxFrameBytes = Math.max(SHARED_RECORD_BYTES, maxMessageBytes) + FRAME_HEADROOM_BYTES;
	}

	/** Bytes of messages that wait for the end of the turn. */
	get heldBytes(): number {
		return this.#items.bytes;
	}

	/** A layer above takes over: the next control message sent is the last under these keys, and so is the peer's that says so. */
	takeOver(): void {
		this.#takenOver = true;
		for (const frame of this.#early.splice(0)) this.#host.deliverUp(frame);
	}

	/** @throws SecurityError PROTOCOL_ORDER where the peer handed over to nobody. */
	active(): void {
		this.#active = true;
		if (this.#sealer === null) this.#assertTakenOver();
		if (this.handedOver && !this.#takenOver) throw this.#outOfOrder('the peer hands over to an encryption that this side does not have: add EncryptionPlugin');
	}

	/** @throws PluginError MESSAGE_TOO_BIG for this one message. */
	outgoing(payload: Payload): Payload | null {
		const sealer = this.#sealer;
		if (sealer === null) return this.#ended ? null : this.#passed(payload);
		if (this.#saidGoodbye) return null;
		if (!this.#active && typeof payload === 'string') {
			const type = controlTypeOf(payload);
			if (type !== null) return this.#sealControl(sealer, type, payload);
		}
		const bytes = byteLength(payload);
		if (bytes > this.#options.peerMaxMessageBytes) throw this.#tooBig(bytes, this.#options.peerMaxMessageBytes, 'go');
		if (this.#items.bytes + ITEM_HEADER_BYTES + bytes >= this.#sharedBytes) this.#flush();
		this.#items.add(payload, bytes);
		if (this.#sentThisTurn++ === 0) void this.#endTurn();
		else this.#bursts = true;
		if (!this.#bursts || this.#items.bytes >= this.#sharedBytes) this.#flush();
		return null;
	}

	/** @throws SecurityError DECRYPT_FAILED, MALFORMED_FRAME, PROTOCOL_ORDER, NONCES_USED_UP; PluginError MESSAGE_TOO_BIG. */
	incoming(frame: Payload): Payload | null {
		const opener = this.#opener;
		if (opener === null) return this.#handedOn(frame);
		try {
			return typeof frame === 'string' ? this.#openControl(opener, frame) : this.#openRecord(opener, frame);
		} catch (error) {
			throw securityError(this.#options.kind, error, 'DECRYPT_FAILED');
		}
	}

	/** What was sent goes out, then the goodbye that tells an end from a cut. */
	closing(): void {
		this.#flush();
		if (this.#sealer === null || this.#saidGoodbye) return;
		this.#send(this.#sealer, RecordFlag.CLOSE_NOTIFY);
		this.#saidGoodbye = true;
	}

	/** @throws SecurityError STREAM_TRUNCATED where an end that claims to be clean has no goodbye. */
	ending({ wasClean, initiatedBy, code }: CloseInfo): void {
		if (this.#opener === null || this.#peerSaidGoodbye || this.#saidGoodbye || !wasClean || initiatedBy !== 'remote') return;
		throw new SecurityError(this.#options.kind, 'STREAM_TRUNCATED', `${endedBy(code)}, without the sealed goodbye: the last messages may be missing`);
	}

	closed(): void {
		this.#ended = true;
		this.#cancelGrace?.();
		this.#items.clear();
		this.#early.length = 0;
		this.#sealer?.wipe();
		this.#opener?.wipe();
		this.#sealer = null;
		this.#opener = null;
	}

	async #endTurn(): Promise<void> {
		// Half the price of queueMicrotask, which Node wraps in a resource of its own.
		await undefined;
		this.#bursts = this.#sentThisTurn > 1;
		this.#sentThisTurn = 0;
		this.#flush();
	}

	#flush(): void {
		if (this.#sealer !== null && this.#items.count > 0) this.#send(this.#sealer, RecordFlag.NONE);
	}

	#send(sealer: RecordSealer, flags: number): void {
		try {
			this.#host.sendDown(sealer.sealRecord(this.#items.take(flags), turnNow(this.#host.clock)));
		} catch (error) {
			// Messages were accepted, and a record that was sealed and did not leave would be missing at the far end.
			this.#host.fail(asError(securityError(this.#options.kind, error, 'DECRYPT_FAILED')));
		}
	}

	#sealControl(sealer: RecordSealer, type: string, json: string): string {
		this.#flush();
		const isLast = this.#takenOver;
		const frame = sealControl(sealer, type, json, isLast ? RecordFlag.HAND_OVER : RecordFlag.NONE, this.#host.clock.now());
		if (isLast) {
			sealer.wipe();
			this.#sealer = null;
			this.#items = NOTHING_WAITS;
		}
		return frame;
	}

	#openControl(opener: RecordOpener, text: string): string {
		const frame = parseControlJson(text);
		const type = textField(frame, 'type');
		if (isOutOfOrder(type, this.#active)) throw this.#outOfOrder(`${type}, although the session is established here: both ends need the same plugins`);
		const { flags, json } = openControl(opener, frame);
		this.#note(flags);
		if (flags & RecordFlag.HAND_OVER) this.#handOver(opener);
		return json;
	}

	#openRecord(opener: RecordOpener, frame: Uint8Array): Payload | null {
		if (frame.length > this.#maxFrameBytes) throw this.#tooBig(frame.length, this.#maxFrameBytes, 'are taken');
		const plaintext = opener.openRecord(frame);
		const flags = plaintext[0] as number;
		this.#note(flags);
		if (flags & RecordFlag.HAND_OVER) throw this.#outOfOrder('a record that hands over');
		const items = new ItemReader(plaintext);
		if (flags === RecordFlag.NONE && !items.hasMore) throw this.#malformed('a record with neither message nor flag');
		let last: Payload | null = null;
		while (items.hasMore) {
			const item = items.read();
			if (items.lastBytes > this.#options.maxMessageBytes) throw this.#tooBig(items.lastBytes, this.#options.maxMessageBytes, 'are taken');
			if (last !== null) this.#host.deliverUp(last);
			last = item;
		}
		// The last one goes on by itself, which is the cheaper way.
		return this.#ended ? null : last;
	}

	/** What is for the layer above to open. */
	#handedOn(frame: Payload): Payload | null {
		if (this.#ended) return null;
		if (this.#takenOver) return frame;
		// A peer that was the first to be ACTIVE may have spoken in the same breath. Who has handed over itself knows that an encryption follows.
		this.#earlyBytes += byteLength(frame) + MESSAGE_OVERHEAD_BYTES;
		if (this.#sealer !== null || this.#earlyBytes > MAX_EARLY_BYTES) {
			throw this.#outOfOrder('a frame behind the hand-over, and no encryption here has taken over');
		}
		this.#early.push(frame);
		return null;
	}

	/** What the layer above has sealed. */
	#passed(payload: Payload): Payload {
		this.#assertTakenOver();
		return payload;
	}

	#assertTakenOver(): void {
		if (this.#takenOver) return;
		throw new SecurityError(this.#options.kind, 'SECURITY_ORDER', 'the EncryptionPlugin that authentication was made with must stand directly above it');
	}

	#note(flags: number): void {
		if (this.#peerSaidGoodbye) throw this.#outOfOrder('a record behind the goodbye');
		if (!(flags & RecordFlag.CLOSE_NOTIFY)) return;
		this.#peerSaidGoodbye = true;
		// The close follows at once; somebody between may withhold it.
		this.#cancelGrace = this.#host.clock.after(GOODBYE_GRACE_MS, () => this.#host.close('the peer said goodbye'));
	}

	#handOver(opener: RecordOpener): void {
		if (!this.#options.mayHandOver || (this.#active && !this.#takenOver)) {
			throw this.#outOfOrder('the peer hands over to an encryption that this side does not have: add EncryptionPlugin');
		}
		this.handedOver = true;
		opener.wipe();
		this.#opener = null;
	}

	#outOfOrder(what: string): SecurityError {
		return new SecurityError(this.#options.kind, 'PROTOCOL_ORDER', what);
	}

	#malformed(what: string): SecurityError {
		return new SecurityError(this.#options.kind, 'MALFORMED_FRAME', what);
	}

	#tooBig(bytes: number, limit: number, verb: string): PluginError {
		return new PluginError('MESSAGE_TOO_BIG', `${this.#options.kind}: ${bytes} bytes; at most ${limit} ${verb} (maxMessageBytes of both ends)`);
	}
}

/** What is most likely, first: a page that is closed, or a process that is told to end, has no time for a goodbye. Nobody has sealed the code. */
function endedBy(code: number): string {
	if (code === GOING_AWAY) return `the peer closed its tab or ended its process (${code}), or somebody between says so`;
	return `the connection was closed with ${code}: the peer failed, or somebody between closed it`;
}
