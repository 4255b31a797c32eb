import { asError, type Clock } from '@linkscope/core';
import { type ObjectSink, objectId } from './object-store.js';
import { ObjectStream } from './object-stream.js';
import { keepPartial, takePartial } from './partial-objects.js';
import { Silence } from './silence.js';
import { SyncError } from './sync-error.js';
import {
	type Announced,
	malformed,
	outOfOrder,
	readAnnouncement,
	type SyncComplete,
	type SyncData,
	type SyncMessage,
	sumOfSizes,
	tooBig,
} from './sync-messages.js';

export interface SyncProgress {
	/** Dealt with so far, those that were here before among them. */
	readonly objects: number;
	readonly bytes: number;
	/** Announced so far; final when the synchronisation is. */
	readonly totalObjects: number;
	readonly totalBytes: number;
	/** Of `objects`, those that were not here before. */
	readonly newObjects: number;
	readonly newBytes: number;
	/** Where the next `sync({ since })` goes on; null before the first batch, and where objects were named. */
	readonly cursor: string | null;
}

export interface PulledObjects extends SyncProgress {
	/** Of those that were named, what the peer has not. */
	readonly missing: readonly string[];
}

export interface PullRequest {
	/** The cursor to go on from. */
	readonly since: string | null;
	/** Or objects by name, each once. */
	readonly ids: readonly string[] | null;
	readonly sink: ObjectSink;
	/** In place of the context's, where it is less. */
	readonly maxBytes?: number;
	readonly onProgress?: (progress: SyncProgress) => void;
}

export interface PullContext {
	readonly clock: Clock;
	readonly timeoutMs: number;
	readonly maxObjects: number;
	readonly maxBytes: number;
	/** Who is at the other end, as far as that is known. */
	peer(): string;
	send(message: SyncMessage): void;
	/** Resolves when the transport takes more. */
	room(): Promise<void>;
	/** The peer said nothing for `timeoutMs`, though it was its turn; each time. */
	silent(): void;
}

/** A batch that was asked for. */
interface Batch {
	readonly number: number;
	readonly announced: readonly Announced[];
	readonly wanted: readonly Announced[];
	readonly cursor: string | null;
	readonly stream: ObjectStream;
	/** Objects that are being stored. */
	storing: number;
}

/** The peer may announce a batch ahead of the one that is on its way: so many are held, if the store is slow. */
const BATCHES_AT_ONCE = 2;

/**
 * Fetches objects of the peer, one request. 'ending': the caller has its answer, and what the peer has sent meanwhile is passed over until it confirms.
 */
export class Pull {
	readonly done: Promise<PulledObjects>;
	state: 'running' | 'ending' | 'over' = 'running';
	readonly #number: number;
	readonly #request: PullRequest;
	readonly #context: PullContext;
	readonly #silence: Silence;
	/** Named and not announced yet. */
	readonly #missing: Set<string> | null;
	/** Asked for and not stored yet, oldest first. */
	readonly #batches: Batch[] = [];
	#announced = 0;
	#answered = 0;
	#stored = 0;
	/** This side looks what of a batch is here. */
	#isLooking = false;
	#completed = false;
	#progress: SyncProgress;
	#onStored = (): void => {};
	#resolve!: (result: PulledObjects) => void;
	#reject!: (error: Error) => void;

	constructor(context: PullContext, number: number, request: PullRequest) {
		this.#context = context;
		this.#number = number;
		this.#request = request;
		this.#missing = request.ids && new Set(request.ids);
		this.#progress = { objects: 0, bytes: 0, totalObjects: 0, totalBytes: 0, newObjects: 0, newBytes: 0, cursor: request.since };
		this.done = new Promise((resolve, reject) => {
			this.#resolve = resolve;
			this.#reject = reject;
		});
		this.#silence = new Silence(
			context.clock,
			context.timeoutMs,
			() => this.#isPeersTurn(),
			() => {
				this.#fail('SYNC_TIMEOUT', `nothing came for ${context.timeoutMs} ms; has the peer a SyncPlugin at the same place?`);
				context.silent();
			},
		);
	}

	/** Apart from the constructor, because a connection may end while something is sent. */
	start(): void {
		const { since, ids } = this.#request;
		this.#context.send({ type: 'sync_request', sync: this.#number, last_sync: since ?? undefined, objects: ids ?? undefined });
	}

	/** @throws PluginError MALFORMED_FRAME, PROTOCOL_ORDER, SYNC_TOO_BIG. */
	announcement(message: SyncData): void {
		this.#silence.restart();
		if (this.state !== 'running') return;
		if (this.#completed || this.#answered < this.#announced || message.batch !== this.#announced + 1) throw outOfOrder('a batch before its turn');
		const announced = readAnnouncement(message);
		this.#checkAsked(announced);
		this.#announced = message.batch;
		const { totalObjects, totalBytes } = this.#progress;
		this.#progress = { ...this.#progress, totalObjects: totalObjects + announced.length, totalBytes: totalBytes + sumOfSizes(announced) };
		this.#checkTotals();
		void this.#answer(message.batch, announced, message.cursor ?? null);
	}

	/** @throws PluginError MALFORMED_FRAME, PROTOCOL_ORDER. */
	objects(bytes: Uint8Array): void {
		this.#silence.restart();
		if (this.state !== 'running') return;
		const batch = this.#batches.find(({ stream }) => !stream.isComplete);
		if (!batch) throw outOfOrder('objects that nobody asked for');
		if (bytes.length === 0) throw malformed('a frame of objects without any');
		if (batch.stream.push(bytes).length > 0 && this.#isRunning()) throw malformed('more bytes than were announced');
		this.#settle();
	}

	/** The peer has sent all it has, or will send nothing more. @throws PluginError MALFORMED_FRAME, PROTOCOL_ORDER. */
	complete({ status, total_objects, total_bytes }: SyncComplete): void {
		if (this.#completed) throw outOfOrder('two ends of one synchronisation');
		if (this.state === 'ending') return this.#end();
		this.#completed = true;
		if (status !== 'complete') return this.#fail('SYNC_FAILED', 'the peer could not go on; its own instrumentation says why');
		if (this.#answered < this.#announced || this.#batches.some(({ stream }) => !stream.isComplete)) throw outOfOrder('the end before the last object');
		const { totalObjects, totalBytes } = this.#progress;
		if (total_objects !== totalObjects || total_bytes !== totalBytes) throw malformed('totals that do not add up');
		this.#settle();
	}

	abort(cause: unknown): void {
		this.#fail('SYNC_ABORTED', 'it was aborted by its signal', cause);
	}

	/** The connection ended. */
	interrupt(error: Error): void {
		this.#completed = true;
		this.#fail('SYNC_INTERRUPTED', 'the connection ended; go on over the next one, with `since` as the cursor of this error', error);
		this.#end();
	}

	#isRunning(): boolean {
		return this.state === 'running';
	}

	#isPeersTurn(): boolean {
		return !this.#isRunning() || (!this.#isLooking && this.#batches.every(({ storing }) => storing === 0));
	}

	#checkAsked(announced: readonly Announced[]): void {
		if (!this.#missing) return;
		for (const { id } of announced) if (!this.#missing.delete(id)) throw outOfOrder('an object that nobody asked for');
	}

	#checkTotals(): void {
		const { totalObjects, totalBytes } = this.#progress;
		const { maxObjects } = this.#context;
		const maxBytes = Math.min(this.#context.maxBytes, this.#request.maxBytes ?? Number.POSITIVE_INFINITY);
		if (totalObjects > maxObjects) throw tooBig(`${totalObjects} objects, at most ${maxObjects} (maxObjects) are taken at once`);
		if (totalBytes > maxBytes) throw tooBig(`${totalBytes} bytes, at most ${maxBytes} (maxBytes) are taken at once`);
	}

	/** Asks for what is not here, when there is room for it. */
	async #answer(number: number, announced: readonly Announced[], cursor: string | null): Promise<void> {
		const { sink } = this.#request;
		this.#isLooking = true;
		try {
			while (this.#stored < number - BATCHES_AT_ONCE && this.#isRunning()) await this.#nextStored();
			const sizes = await Promise.all(announced.map(({ id }) => sink.size(id)));
			this.#isLooking = false;
			await this.#context.room();
			if (!this.#isRunning()) return;
			const wanted = announced.filter((_, i) => sizes[i] === null);
			const partial = takePartial(sink, this.#context.peer(), wanted[0]);
			const stream = new ObjectStream(wanted, partial, (object, bytes, resumed) => this.#store(batch, object, bytes, resumed));
			const batch: Batch = { number, announced, wanted, cursor, stream, storing: 0 };
			this.#batches.push(batch);
			this.#answered = number;
			this.#context.send({
				type: 'sync_ack',
				sync: this.#number,
				received: this.#stored,
				next_batch: number,
				wanted: sizes.map((size) => (size === null ? '1' : '0')).join(''),
				from: partial?.bytes.length,
			});
			this.#silence.restart();
			stream.begin();
			this.#settle();
		} catch (error) {
			this.#storeFailed(error);
		}
	}

	#nextStored(): Promise<void> {
		return new Promise((resolve) => {
			this.#onStored = resolve;
		});
	}

	#store(batch: Batch, { id }: Announced, bytes: Uint8Array, resumed: boolean): void {
		if (!this.#isRunning()) return;
		if (objectId(bytes) !== id) {
			const how = resumed ? ', the beginning of which came on an earlier connection' : '';
			return this.#fail('SYNC_CORRUPT', `the peer sent other bytes for ${id}${how}; nothing of it was stored, and another try may help`);
		}
		batch.storing++;
		this.#request.sink.put(bytes, id).then(
			() => {
				batch.storing--;
				this.#silence.restart();
				this.#settle();
			},
			(error) => this.#storeFailed(error),
		);
	}

	/** Batches that are stored whole, in order; and the end, if it has come. */
	#settle(): void {
		if (!this.#isRunning()) return;
		for (let batch = this.#batches[0]; batch?.stream.isComplete && batch.storing === 0; batch = this.#batches[0]) {
			this.#batches.shift();
			this.#count(batch);
			this.#onStored();
			if (!this.#isRunning()) return;
		}
		if (!this.#completed || this.#batches.length > 0) return;
		if (this.#announced > 0) this.#context.send({ type: 'sync_ack', sync: this.#number, received: this.#stored });
		this.#resolve({ ...this.#progress, missing: [...(this.#missing ?? [])] });
		this.#end();
	}

	#count({ number, announced, wanted, cursor }: Batch): void {
		this.#stored = number;
		const { objects, bytes, newObjects, newBytes, ...rest } = this.#progress;
		this.#progress = {
			...rest,
			objects: objects + announced.length,
			bytes: bytes + sumOfSizes(announced),
			newObjects: newObjects + wanted.length,
			newBytes: newBytes + sumOfSizes(wanted),
			cursor: cursor ?? rest.cursor,
		};
		try {
			this.#request.onProgress?.(this.#progress);
		} catch (error) {
			this.#fail('SYNC_ABORTED', `onProgress threw: ${asError(error).message}`, error);
		}
	}

	#storeFailed(cause: unknown): void {
		this.#fail('SYNC_STORE_FAILED', `the store failed: ${asError(cause).message}`, cause);
	}

	#fail(code: string, what: string, cause?: unknown): void {
		if (!this.#isRunning()) return;
		this.state = 'ending';
		this.#onStored();
		const arriving = this.#batches.find(({ stream }) => !stream.isComplete);
		if (code !== 'SYNC_CORRUPT') keepPartial(this.#request.sink, this.#context.peer(), arriving?.stream.partial() ?? null);
		this.#batches.length = 0;
		this.#reject(new SyncError(code, `sync: ${what}`, { cause, cursor: this.#progress.cursor }));
		this.#context.send({ type: 'sync_abort', sync: this.#number });
		if (this.#completed) this.#end();
	}

	#end(): void {
		this.#silence.end();
		this.state = 'over';
	}
}
