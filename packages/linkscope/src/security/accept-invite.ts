import { type Clock, ConnectionError, codeOf, LinkscopeError, PluginError, systemClock, type Transport, TransportError } from '@linkscope/core';
import type { Identity, Invite } from '@linkscope/crypto';
import { dialRelay, type RelaySession } from '@linkscope/transports/relay';
import { dialWebSocket } from '@linkscope/transports/websocket';
import { type ConnectOptions, connectionOver } from '../connect.js';
import type { Connection } from '../connection.js';
import { Discovery } from '../relays/discovery.js';
import { EarlyStages } from '../relays/early-stages.js';
import { HEAD_START_MS, Race, type Way } from '../relays/race.js';
import { overByOurClock } from './over-by-our-clock.js';
import { readInvite } from './read-invite.js';
import { dialSecurity, withHeadroom } from './security-plugins.js';

export type AcceptInviteOptions = Omit<ConnectOptions, 'invite'> & { identity: Identity };

/**
 * Reads an invite's link, asks the relays that it names for the inviter, dials it in every way that is known, and pairs. A direct way has 250 ms before the
 * relay is tried beside it; who first proves to be the inviter stays, and the other ways are given up.
 * @returns the connection, ACTIVE and paired with the inviter.
 * @throws CryptoError INVITE_MALFORMED, INVITE_EXPIRED, SecurityError PEER_MISMATCH where the inviter is not `peer` (nothing was dialled); HandshakeError
 * INVITE_REFUSED or AUTH_REFUSED where the inviter refused, and what else a secured connection fails with (SecurityErrors are HandshakeErrors); TransportError
 * where no way led to it, NOT_REGISTERED where it is not online. Where several were tried, the `errors` of what is thrown are those of each, direct ways first.
 */
export async function acceptInvite(link: string, options: AcceptInviteOptions): Promise<Connection> {
	const stages = new EarlyStages(options.clock ?? systemClock);
	stages.begin('validate');
	const invite = readInvite(link, options.peer);
	// What is wrong with the options is said before anything is dialled.
	dialSecurity(options, invite);
	stages.end('ok');
	return new InviterSearch(invite, options, stages).run().catch((error) => {
		throw overByOurClock(error, invite);
	});
}

/** What the peer hears that was reached in two ways at once (seeds/004, connection termination patterns). */
const DROPPED = 'Duplicate connection - dropped new connection';

class InviterSearch {
	readonly #invite: Invite;
	readonly #options: AcceptInviteOptions;
	readonly #dialOptions: AcceptInviteOptions;
	readonly #stages: EarlyStages;
	readonly #clock: Clock;
	readonly #race: Race<Connection>;
	readonly #dialled = new Set<string>();
	#session: RelaySession | null = null;
	#isOver = false;

	constructor(invite: Invite, options: AcceptInviteOptions, stages: EarlyStages) {
		this.#invite = invite;
		this.#options = options;
		this.#dialOptions = withHeadroom(options);
		this.#stages = stages;
		this.#clock = options.clock ?? systemClock;
		this.#race = new Race({ clock: this.#clock, isFinal: (error, met) => this.#isAborted() || !mayGoBetterElsewhere(error, met) });
	}

	async run(): Promise<Connection> {
		const { endpoints, relays } = this.#invite;
		if (relays.length === 0) {
			this.#race.enter({ direct: this.#direct(endpoints) }, true);
			return this.#race.result;
		}
		// A relay that is slow to answer holds nobody up who can be reached without it.
		const cancel = this.#clock.after(HEAD_START_MS, () => this.#race.enter({ direct: this.#direct(endpoints) }, false));
		const discovery = new Discovery(relays, this.#invite.publicKey, { ...this.#dialOptions, clock: this.#clock });
		void this.#enterWhatIsFound(discovery);
		try {
			return await this.#race.result;
		} finally {
			this.#isOver = true;
			cancel();
			discovery.drop();
			this.#session?.close();
		}
	}

	async #enterWhatIsFound(discovery: Discovery): Promise<void> {
		const { endpoints, relays } = this.#invite;
		this.#stages.begin('discover');
		try {
			const { relay, session, endpoints: told } = await discovery.result;
			if (this.#isOver) return session.close();
			this.#session = session;
			this.#stages.end('ok', discovery.messages);
			const others = relays.filter((other) => other !== relay);
			const relayed = [this.#relayed(relay, session), ...others.map((other) => this.#relayed(other))];
			this.#race.enter({ direct: this.#direct([...endpoints, ...told.direct]), relayed }, true);
		} catch (error) {
			this.#stages.end('failed', discovery.messages);
			const failed: Way<Connection> = () => {
				throw this.#whyNotFound(error);
			};
			this.#race.enter({ direct: this.#direct(endpoints), relayed: [failed] }, true);
		}
	}

	#direct(addresses: readonly string[]): Way<Connection>[] {
		const ways: Way<Connection>[] = [];
		for (const { href } of addresses.map((address) => new URL(address))) {
			if (this.#dialled.has(href)) continue;
			this.#dialled.add(href);
			ways.push(this.#way(() => dialWebSocket(href, this.#dialOptions)));
		}
		return ways;
	}

	/** @param session the one in which the inviter was found there. */
	#relayed(relay: string, session?: RelaySession): Way<Connection> {
		const target = this.#invite.publicKey;
		let unused = session;
		return this.#way(() => {
			const dialling = unused;
			unused = undefined;
			return dialling?.dial(target) ?? dialRelay(relay, { ...this.#dialOptions, target });
		});
	}

	#way(dial: () => Transport): Way<Connection> {
		return (met) => {
			const connection = this.#connectionOver(dial(), () => {
				if (met()) this.#stages.tellOf(connection);
			});
			return {
				result: connection.open(this.#options.signal).then(() => connection),
				drop: () => void connection.close(DROPPED),
			};
		};
	}

	#connectionOver(transport: Transport, met: () => void): Connection {
		try {
			return connectionOver(transport, this.#options, this.#invite, met);
		} catch (error) {
			transport.terminate();
			if (codeOf(error) !== 'PLUGIN_REUSED') throw error;
			const why = 'the inviter is tried in several ways, and a plugin serves one connection';
			throw new PluginError('PLUGIN_REUSED', `${why}: give a function, plugins: () => [new SyncPlugin()]`, { cause: error });
		}
	}

	#isAborted(): boolean {
		return this.#options.signal?.aborted === true;
	}

	#whyNotFound(error: unknown): unknown {
		if (!this.#isAborted()) return error;
		return new ConnectionError('CONNECTION_ABORTED', 'acceptInvite() was aborted by its signal', { cause: this.#options.signal?.reason });
	}
}

/** Anybody may answer at an address, in any way, and the inviter at the next; what the inviter itself says is final, and so are mistakes of the caller. */
function mayGoBetterElsewhere(error: unknown, isInviter: boolean): boolean {
	// Of an array, plugins serve one way: it alone may go well yet.
	if (error instanceof TransportError || codeOf(error) === 'PLUGIN_REUSED') return true;
	return !isInviter && error instanceof LinkscopeError && !(error instanceof PluginError);
}
