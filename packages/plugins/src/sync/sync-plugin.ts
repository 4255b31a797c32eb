import {
	type AbortSignal,
	type CloseInfo,
	integerOption,
	numberOption,
	type Payload,
	type Plugin,
	type PluginHost,
	type Unsubscribe,
	type Wire,
} from '@linkscope/core';
import { ControlFrames } from '../control-frames.js';
import { InitialSync } from './initial-sync.js';
import { memoryObjectStore } from './memory-object-store.js';
import { checkObjectStore, isObjectId, type ObjectSink, type ObjectSource, type ObjectStore } from './object-store.js';
import { type OfferHandler, Offers } from './offers.js';
import type { PullContext, PulledObjects, PullRequest, SyncProgress } from './pull.js';
import { Pulls } from './pulls.js';
import { MESSAGE, NUMBER_BYTES, OBJECTS, Sender } from './sender.js';
import { Servings } from './servings.js';
import { SyncError } from './sync-error.js';
import {
	checkCursor,
	checkPurpose,
	MAX_BATCH_OBJECTS,
	MAX_SYNCS,
	malformed,
	type OfferOutcome,
	outOfOrder,
	readMessage,
	type SyncMessage,
} from './sync-messages.js';

export interface SyncPluginOptions {
	/** What the peer may fetch, and where fetched objects go. Default: an empty one in memory. */
	store?: ObjectStore;
	/** How long the peer may be silent while something is fetched from it, or about an offer where its plugin was never heard. Default 30,000. */
	timeoutMs?: number;
	/** The most that one synchronisation takes; more ends the connection with 4409. Default 1,000,000. */
	maxObjects?: number;
	/** Likewise in bytes. Default 4 GiB. */
	maxBytes?: number;
}

export interface SyncOptions {
	/** The cursor of an earlier result, progress or error: what arrived at the peer before it is not even asked about. Default null: from the first object. */
	since?: string | null;
	signal?: AbortSignal;
	/** After each batch (64 objects or 1 MiB) that is stored. What it throws ends the synchronisation. */
	onProgress?: (progress: SyncProgress) => void;
}

export interface FetchOptions {
	/** Where the objects go. Default: the plugin's store. */
	into?: ObjectSink;
	/** The most that is taken, of each 64 objects together; more ends the connection with 4409. Default: as of the plugin. */
	maxBytes?: number;
	signal?: AbortSignal;
}

/**
 * Fetches from the peer the objects that are not here, and serves the peer's plugin likewise: both may at once, and each decides for itself.
 * Bounded in memory, verified by name, and interrupted it goes on where it stopped, over the next connection too.
 *
 * docs/protocol.md#synchronisation has the control frames.
 */
export class SyncPlugin implements Plugin {
	readonly name = 'sync';
	readonly needs = { ordered: true, reliable: true };
	readonly store: ObjectStore;
	readonly #frames = new ControlFrames('sync', 'Y');
	readonly #limits: Pick<PullContext, 'timeoutMs' | 'maxObjects' | 'maxBytes'>;
	readonly #active: Promise<void>;
	#activate = (): void => {};
	/** What the peer asked for before this side was ACTIVE; null from then on. */
	#early: Payload[] | null = [];
	#peer = '';
	// Made when it is added to a connection.
	#sender!: Sender;
	#pulls!: Pulls;
	#servings!: Servings;
	#offers!: Offers;
	#initial!: InitialSync;

	constructor(options: SyncPluginOptions = {}) {
		this.store = options.store === undefined ? memoryObjectStore() : checkObjectStore(options.store);
		this.#limits = {
			timeoutMs: numberOption('timeoutMs', options.timeoutMs, 30_000, 1),
			maxObjects: integerOption('maxObjects', options.maxObjects, 1_000_000, 1),
			maxBytes: integerOption('maxBytes', options.maxBytes, 2 ** 32, 1),
		};
		this.#active = new Promise((resolve) => {
			this.#activate = resolve;
		});
	}

	/**
	 * Fetches what arrived at the peer's store since the last time, and is not in this side's. May be called before the connection is ACTIVE.
	 * @throws SyncError with a `cursor` to go on from: SYNC_INTERRUPTED, SYNC_TIMEOUT, SYNC_ABORTED, SYNC_FAILED, SYNC_CORRUPT, SYNC_STORE_FAILED; TypeError.
	 */
	async sync({ since = null, signal, onProgress }: SyncOptions = {}): Promise<SyncProgress> {
		const { missing, ...result } = await this.#pull({ since: checkCursor(since), ids: null, sink: this.store, onProgress }, signal);
		return result;
	}

	/**
	 * Fetches objects by name, those that are there already left out.
	 * @returns names of what the peer has not; empty when all is here.
	 * @throws TypeError for what is no name; SyncError as `sync`.
	 */
	async fetch(ids: Iterable<string>, { into = this.store, maxBytes, signal }: FetchOptions = {}): Promise<string[]> {
		const wanted = [...new Set(ids)];
		const wrong = wanted.find((id) => typeof id !== 'string' || !isObjectId(id));
		if (wrong !== undefined) throw new TypeError('ids must be names of objects: 43 characters of base64url');
		const missing: string[] = [];
		const rest = async (): Promise<void> => {
			while (wanted.length > 0) {
				const ids = wanted.splice(0, MAX_BATCH_OBJECTS);
				const result = await this.#pull({ since: null, ids, sink: into, maxBytes }, signal).catch((error) => {
					wanted.length = 0;
					throw error;
				});
				missing.push(...result.missing);
			}
		};
		// Two at a time, so that one is on its way while the next is asked for.
		await Promise.all([rest(), rest()]);
		return missing;
	}

	/** Lets the peer fetch from here as well, by name, until taken back. */
	serve(source: ObjectSource): Unsubscribe {
		return attached(this.#servings).add(source);
	}

	/**
	 * Tells the peer to fetch an object; resolves with what its handler made of it, 'refused' where it has none within a second.
	 * @param purpose which of its handlers is meant: a-z, 0-9 and -, at most 32.
	 * Waits as long as the handler takes; SYNC_TIMEOUT says that the peer seems to have no SyncPlugin.
	 * @throws SyncError SYNC_TIMEOUT, SYNC_ABORTED, SYNC_INTERRUPTED; TypeError.
	 */
	async offer(object: string, purpose: string, options: { signal?: AbortSignal } = {}): Promise<OfferOutcome> {
		checkPurpose(purpose);
		if (!isObjectId(object)) throw new TypeError('object must be the name of an object: 43 characters of base64url');
		const offers = attached(this.#offers);
		await this.#active;
		return offers.make(object, purpose, options.signal);
	}

	/** Handles the peer's offers of one purpose, and those that came at most a second ago. @throws TypeError where it has a handler already. */
	onOffer(purpose: string, handler: OfferHandler): Unsubscribe {
		return attached(this.#offers).handle(checkPurpose(purpose), handler);
	}

	attach(host: PluginHost): void {
		const tell = (text: string): void => host.note({ kind: 'plugin', name: this.name, text });
		const initial = new InitialSync(host.clock, (note) => host.note(note));
		const sender = new Sender(host, this.#frames, () => initial.frame());
		const way = { clock: host.clock, send: (message: SyncMessage): void => sender.send(message), room: () => sender.room() };
		this.#initial = initial;
		this.#sender = sender;
		this.#pulls = new Pulls({ ...this.#limits, ...way, peer: () => this.#peer }, initial);
		this.#servings = new Servings(this.store, sender, initial, (error) => tell(`serving the peer failed: ${error.message}`));
		this.#offers = new Offers({ ...way, timeoutMs: this.#limits.timeoutMs, failed: (error) => tell(`an offer failed: ${error.message}`) });
	}

	/** Waits for nobody: only to learn who the peer is. */
	async handshake(wire: Wire): Promise<void> {
		this.#peer = wire.secure?.peer ?? '';
	}

	active(): void {
		this.#activate();
		const early = this.#early ?? [];
		this.#early = null;
		for (const frame of early) this.#receive(frame);
	}

	drained(): void {
		this.#sender.drained();
	}

	outgoing(payload: Payload): Payload {
		return this.#frames.wrap(payload);
	}

	incoming(payload: Payload): Payload | null {
		const kind = this.#frames.kindOf(payload);
		if (kind === null) return payload;
		if (kind === '=') return this.#frames.bodyOf(payload);
		if (this.#early === null) this.#receive(payload);
		// Only requests and offers come unasked, and the end of each.
		else if (this.#early.push(payload) > 4 * MAX_SYNCS) throw outOfOrder('more than may be asked before the connection is ACTIVE');
		return null;
	}

	closed(info: CloseInfo): void {
		const cause = info.error ?? new Error(`the connection ended (${info.code})`);
		const ended = new SyncError('SYNC_INTERRUPTED', 'sync: the connection ended; go on over the next one', { cause });
		this.#activate();
		this.#sender.end();
		this.#pulls.end(ended, cause);
		this.#servings.end();
		this.#offers.end(ended);
		this.#initial.abort();
	}

	async #pull(request: PullRequest, signal?: AbortSignal): Promise<PulledObjects> {
		const pulls = attached(this.#pulls);
		await this.#active;
		return pulls.run(request, signal);
	}

	#receive(frame: Payload): void {
		this.#initial.frame();
		this.#offers.peerIsThere();
		const kind = this.#frames.kindOf(frame);
		const body = this.#frames.bodyOf(frame);
		if (kind === MESSAGE && typeof body === 'string') this.#message(readMessage(body));
		else if (kind === OBJECTS && typeof body !== 'string') this.#objects(body);
		else throw malformed('a frame of an unknown kind');
	}

	#objects(body: Uint8Array): void {
		if (body.length < NUMBER_BYTES) throw malformed('objects without the number of their synchronisation');
		const number = new DataView(body.buffer, body.byteOffset).getUint32(0);
		this.#pulls.find(number).objects(body.subarray(NUMBER_BYTES));
	}

	#message(message: SyncMessage): void {
		switch (message.type) {
			case 'sync_request':
				return this.#servings.request(message);
			case 'sync_ack':
				return this.#servings.acknowledged(message);
			case 'sync_abort':
				return this.#servings.aborted(message.sync);
			case 'sync_data':
				return this.#pulls.find(message.sync).announcement(message);
			case 'sync_complete':
				this.#pulls.find(message.sync).complete(message);
				return this.#pulls.release(message.sync);
			case 'sync_offer':
				return this.#offers.offered(message);
			case 'sync_heard':
				return this.#offers.heard(message.offer);
			case 'sync_answer':
				return this.#offers.answered(message);
			case 'sync_withdraw':
				return this.#offers.withdrawn(message.offer);
		}
	}
}

function attached<T>(part: T | undefined): T {
	if (!part) throw new TypeError('sync: add the plugin to a connection before using it');
	return part;
}
