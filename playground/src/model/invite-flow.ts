import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { acceptInvite, type Connection, type ConnectionInstrumentationStats, type Identity, indexedDbStorage, loadOrCreateIdentity } from 'linkscope';
import { type Conversation, conversationPlugins, createConversation } from './conversation.js';
import { type LinkReading, readLink } from './invite-link.js';
import { plannedSteps, type Run, type Step, stepsOf } from './invite-steps.js';
import { problemOf } from './problems.js';

/** While an attempt runs: often enough to see it move. */
const TICK_MS = 100;

/** An invite from its pasting to the conversation. */
export interface InviteFlow {
	/** What stands in the field; empty again as soon as it was read as an invite, which holds a secret. */
	readonly text: Signal<string>;
	readonly reading: ReadonlySignal<LinkReading>;
	readonly run: ReadonlySignal<Run | null>;
	readonly steps: ReadonlySignal<readonly Step[]>;
	/** Who this page is; null before it was asked. */
	readonly fingerprint: ReadonlySignal<string | null>;
	/** With the inviter of the last invite that worked. */
	readonly conversation: ReadonlySignal<Conversation | null>;
	/** Reads what stands in the field; dials nothing. An attempt that runs is cancelled. */
	paste(text: string): void;
	/** The same for a link that the page was opened with: it never stands in the field. */
	open(link: string): void;
	/** Dials what the invite names. Does nothing without one, or while an attempt runs. */
	accept(): Promise<void>;
	cancel(): void;
	/** Forgets the invite. A connection that was made stays, and its conversation too. */
	discard(): void;
}

export interface InviteFlowOptions {
	stats(): ConnectionInstrumentationStats;
	/** A connection became active; the list should show it. */
	connected(connection: Connection): void;
	accept?: typeof acceptInvite;
	loadIdentity?: () => Promise<Identity>;
}

export function createInviteFlow(options: InviteFlowOptions): InviteFlow {
	const { stats, connected, accept = acceptInvite, loadIdentity = () => loadOrCreateIdentity(indexedDbStorage()) } = options;
	const text = signal('');
	const reading = signal<LinkReading>({ kind: 'nothing' });
	const run = signal<Run | null>(null);
	const fingerprint = signal<string | null>(null);
	const conversation = signal<Conversation | null>(null);
	let attempt: AbortController | null = null;
	let attempts = 0;

	const steps = computed(() => {
		if (run.value) return stepsOf(run.value);
		const found = reading.value;
		return plannedSteps(found.kind === 'invite' ? found : found.kind === 'refused' ? found.problem : null);
	});

	function cancel(): void {
		attempt?.abort();
	}
	function read(link: string, shown: string): void {
		cancel();
		const found = readLink(link);
		batch(() => {
			reading.value = found;
			text.value = found.kind === 'invite' ? '' : shown;
			run.value = null;
		});
	}

	async function acceptInviteOf({ link, invite, durationMs }: LinkReading & { kind: 'invite' }): Promise<void> {
		const mine = new AbortController();
		attempt = mine;
		const tag = `attempt ${++attempts}`;
		const first = stats();
		const now = Date.parse(first.generatedAt);
		const relays = invite.relays.length;
		run.value = { outcome: 'running', startedAt: now, now, validateMs: durationMs, relays, connections: [], problem: null };
		// Another invite may have been pasted meanwhile: then what this one does shows no more.
		const show = (more: Partial<Run>): void => {
			if (attempt !== mine || run.value?.outcome !== 'running') return;
			const { connections, generatedAt } = stats();
			run.value = { ...run.value, now: Date.parse(generatedAt), connections: connections.filter(({ tags }) => tags.invite === tag), ...more };
		};
		mine.signal.addEventListener('abort', () => show({ outcome: 'cancelled' }));
		const timer = setInterval(() => show({}), TICK_MS);
		try {
			const identity = await loadIdentity();
			fingerprint.value = identity.fingerprint;
			const connection = await accept(link, {
				identity,
				signal: mine.signal,
				label: 'by invite',
				tags: { invite: tag },
				plugins: conversationPlugins,
			});
			// Cancelled in the moment in which it was done: nobody asked for this connection any more.
			if (mine.signal.aborted) return void connection.close('Close called.');
			batch(() => {
				show({ outcome: 'active' });
				conversation.value = createConversation(connection, 'inviter');
			});
			connected(connection);
		} catch (error) {
			if (!mine.signal.aborted) show({ outcome: 'failed', problem: problemOf(error) });
		} finally {
			clearInterval(timer);
		}
	}

	return {
		text,
		reading,
		run,
		steps,
		fingerprint,
		conversation,
		paste: (pasted) => read(pasted, pasted),
		open: (link) => read(link, ''),
		cancel,
		discard: () => read('', ''),
		async accept() {
			if (reading.value.kind === 'invite' && run.value?.outcome !== 'running') await acceptInviteOf(reading.value);
		},
	};
}
