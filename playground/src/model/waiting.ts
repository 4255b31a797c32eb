import { batch, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import {
	type Connection,
	createInvite,
	createInviteBook,
	type Identity,
	type InviteRecord,
	indexedDbStorage,
	type Listener,
	listen,
	loadOrCreateIdentity,
} from 'linkscope';
import { type Conversation, conversationPlugins, createConversation } from './conversation.js';
import { type Problem, problemOf } from './problems.js';

/** An invite of this page's own. */
export interface OwnInvite {
	readonly id: string;
	/** A secret: whoever has it may pair. */
	readonly link: string;
	/** Epoch milliseconds. */
	readonly expiresAt: number;
	/** By the ledger, when it was last looked at. */
	readonly standing: InviteRecord['state'];
}

export type WaitingState =
	| { readonly kind: 'idle' }
	| { readonly kind: 'starting' }
	| { readonly kind: 'waiting'; readonly relay: string; readonly fingerprint: string; readonly invite: OwnInvite }
	| { readonly kind: 'failed'; readonly problem: Problem };

/** This page as the inviter: a page has no port, so it waits at a relay. */
export interface WaitingFlow {
	/** Address of the relay, as typed. */
	readonly relay: Signal<string>;
	readonly state: ReadonlySignal<WaitingState>;
	/** Why the relay does not keep it at the moment; null while all is well. */
	readonly trouble: ReadonlySignal<string | null>;
	/** With those who came, oldest first. */
	readonly conversations: ReadonlySignal<readonly Conversation[]>;
	/** Waits at the relay and makes an invite. */
	start(): Promise<void>;
	/** A new invite at the same relay; the old one stays good. */
	renew(): Promise<void>;
	/** From here on nobody comes by the invite; who came stays. */
	revoke(): Promise<void>;
	/** Waits no more, and ends the conversations. */
	stop(): Promise<void>;
}

export interface WaitingFlowOptions {
	/** The page that a link shall open. */
	page: URL;
	/** A connection became active; the list should show it. */
	connected(connection: Connection): void;
	listenAt?: typeof listen;
	/** Not the identity that accepts invites: two tabs of one browser shall be able to meet. */
	loadIdentity?: () => Promise<Identity>;
}

const MAX_CONVERSATIONS = 8;

export function createWaitingFlow(options: WaitingFlowOptions): WaitingFlow {
	const { page, connected, listenAt = listen, loadIdentity = () => loadOrCreateIdentity(indexedDbStorage(), { name: 'inviter' }) } = options;
	const invites = createInviteBook();
	const relay = signal('');
	const state = signal<WaitingState>({ kind: 'idle' });
	const trouble = signal<string | null>(null);
	const conversations = signal<readonly Conversation[]>([]);
	let identity: Identity | null = null;
	let listener: Listener | null = null;
	/** The start that counts. */
	let current: object | null = null;

	/** Who comes is shown when it has proved its invite. */
	function welcome(connection: Connection): void {
		connection.onState.on((now) => {
			if (now !== 'ACTIVE') return;
			conversations.value = [...conversations.value, createConversation(connection, 'guest')].slice(-MAX_CONVERSATIONS);
			connected(connection);
			void lookAtInvite();
		});
	}

	async function lookAtInvite(): Promise<void> {
		if (state.value.kind !== 'waiting') return;
		const { invite } = state.value;
		const record = await invites.find(invite.id);
		// Another one may stand there by now.
		if (record === null || state.value.kind !== 'waiting' || state.value.invite !== invite) return;
		state.value = { ...state.value, invite: { ...invite, standing: record.state } };
	}

	async function makeInvite(inviter: Identity, at: string): Promise<OwnInvite> {
		const invite = await createInvite({ identity: inviter, relays: [at], invites });
		return { id: invite.id, link: invite.link(page.href), expiresAt: invite.expiresAt, standing: 'open' };
	}

	async function start(): Promise<void> {
		if (state.value.kind === 'starting' || state.value.kind === 'waiting') return;
		const at = relay.value.trim();
		const mine = {};
		current = mine;
		state.value = { kind: 'starting' };
		let opened: Listener | null = null;
		try {
			const inviter = await loadIdentity();
			opened = await listenAt({ identity: inviter, invites, relays: [at], plugins: conversationPlugins, onConnection: welcome });
			const invite = await makeInvite(inviter, at);
			// Stopped meanwhile.
			if (current !== mine) return void (await opened.close());
			opened.onRelays.on(([status]) => {
				trouble.value = status?.state === 'waiting' || current !== mine ? null : (status?.error?.message ?? 'dialling the relay again');
			});
			[identity, listener] = [inviter, opened];
			state.value = { kind: 'waiting', relay: at, fingerprint: inviter.fingerprint, invite };
		} catch (error) {
			await opened?.close();
			if (current === mine) state.value = { kind: 'failed', problem: problemOf(error) };
		}
	}

	return {
		relay,
		state,
		trouble,
		conversations,
		start,
		async renew() {
			if (state.value.kind !== 'waiting' || identity === null) return;
			const invite = await makeInvite(identity, state.value.relay);
			if (state.value.kind === 'waiting') state.value = { ...state.value, invite };
		},
		async revoke() {
			if (state.value.kind !== 'waiting') return;
			await invites.revoke(state.value.invite.id);
			await lookAtInvite();
		},
		async stop() {
			const ending = listener;
			[listener, current] = [null, null];
			batch(() => {
				state.value = { kind: 'idle' };
				trouble.value = null;
			});
			await ending?.close();
		},
	};
}
