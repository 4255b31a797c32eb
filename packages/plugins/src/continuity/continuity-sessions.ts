import { Emitter, HandshakeError, integerOption, type Subscribable } from '@linkscope/core';
import { encodeBase64url } from '@linkscope/crypto';
import type { LinkscopeChannel } from '../linkscope-channel.js';
import { type AcceptedSession, acceptSession, type SessionBook } from './accept.js';
import { ContinuityPlugin } from './continuity-plugin.js';
import { type ContinuityOptions, ContinuitySession, checkContinuityOptions } from './continuity-session.js';
import { agreementOn, type SessionLimits, SessionState } from './session-state.js';

export interface ContinuitySessionsOptions extends ContinuityOptions {
	/** Sessions at a time, those without a connection included. Default 1,000. */
	maxSessions?: number;
	/** Of one identity. Default 16. */
	maxSessionsPerPeer?: number;
}

interface Entry extends AcceptedSession {
	/** The peer's public key. */
	readonly owner: string;
}

/**
 * The sessions of the side that accepts: `plugin()` for each accepted connection finds the one it takes up, or makes a new one.
 * Full, the identity with the most sessions makes room: its session that has been without a connection for longest is reported as lost.
 */
export class ContinuitySessions {
	/** A peer began a new session. */
	readonly onSession: Subscribable<ContinuitySession>;
	readonly #made = new Emitter<ContinuitySession>();
	readonly #entries = new Map<string, Entry>();
	readonly #limits: SessionLimits;
	readonly #maxSessions: number;
	readonly #maxSessionsPerPeer: number;

	constructor(options: ContinuitySessionsOptions = {}) {
		this.#limits = checkContinuityOptions(options);
		this.#maxSessions = integerOption('maxSessions', options.maxSessions, 1_000, 1);
		this.#maxSessionsPerPeer = integerOption('maxSessionsPerPeer', options.maxSessionsPerPeer, 16, 1);
		this.onSession = this.#made;
	}

	get size(): number {
		return this.#entries.size;
	}

	/** Oldest first. */
	list(): ContinuitySession[] {
		return [...this.#entries.values()].map(({ session }) => session);
	}

	/** A plugin for one accepted connection; its `session` is set when the connection is ACTIVE. */
	plugin(): ContinuityPlugin {
		const book: SessionBook = {
			find: (id, channel) => this.#entries.get(keyOf(id, ownerOf(channel))),
			create: (id, channel) => this.#create(id, channel),
		};
		return new ContinuityPlugin((carrier, wire) => acceptSession(book, carrier, wire));
	}

	/** Ends them all: with their connections and in good order, or at once. */
	close(): void {
		for (const { session } of [...this.#entries.values()]) session.close();
	}

	#create(id: string, channel: LinkscopeChannel): Entry {
		const owner = ownerOf(channel);
		const key = keyOf(id, owner);
		this.#makeRoom(owner);
		const state = new SessionState(this.#limits);
		state.agree(agreementOn(id, channel));
		const entry = { session: new ContinuitySession({}, state), state, owner };
		this.#entries.set(key, entry);
		state.onOver = () => this.#entries.delete(key);
		this.#made.emit(entry.session);
		return entry;
	}

	/** @throws HandshakeError CONTINUITY_FULL where all have a connection. */
	#makeRoom(owner: string): void {
		const all = [...this.#entries.values()];
		const own = all.filter((entry) => entry.owner === owner);
		const crowd = own.length >= this.#maxSessionsPerPeer ? own : all.length >= this.#maxSessions ? all : [];
		if (crowd.length === 0) return;
		// From who has the most, so that a few throw-away identities do not take everybody's place.
		const counts = new Map<string, number>();
		for (const { owner } of crowd) counts.set(owner, (counts.get(owner) ?? 0) + 1);
		const countOf = ({ owner }: Entry): number => counts.get(owner) as number;
		const [idle] = crowd.filter(({ state }) => state.carrier === null).sort((a, b) => countOf(b) - countOf(a) || a.state.idleSinceMs - b.state.idleSinceMs);
		if (!idle) {
			throw new HandshakeError('CONTINUITY_FULL', `continuity: ${crowd.length} sessions have a connection each, and no more are kept (${this.#limitNames})`);
		}
		idle.state.lose('it gave way to a newer session');
	}

	get #limitNames(): string {
		return `maxSessions ${this.#maxSessions}, maxSessionsPerPeer ${this.#maxSessionsPerPeer}`;
	}
}

function ownerOf(channel: LinkscopeChannel): string {
	return encodeBase64url(channel.peerIdentity);
}

/** The dialling end names a session, so the name counts for its own sessions only. */
function keyOf(id: string, owner: string): string {
	return `${owner} ${id}`;
}
