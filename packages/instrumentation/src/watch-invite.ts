import type { Clock } from '@linkscope/core';
import { LinkscopeError, numberOption, systemClock } from '@linkscope/core';
import { shared } from './shared.js';
import type { ConnectionSnapshot, StageSnapshot } from './types.js';
import { watch } from './watchers.js';

/** A way that failed has the next behind it, and a socket on which somebody was looked for the connection to them. */
const NEXT_WITHIN_MS = 500;

export interface InviteResult {
	connection: ConnectionSnapshot;
	stages: StageSnapshot[];
	/** Since watchInvite() was called. */
	durationMs: number;
}

/** INVITE_FAILED, INVITE_TIMEOUT. */
export class InviteError extends LinkscopeError {
	/** The stage that failed; null where none had begun. */
	stage: StageSnapshot | null = null;
	connection: ConnectionSnapshot | null = null;
}

/**
 * Watches an invite being processed: call it before pasting the invite. Resolves with the first connection dialled after
 * the call that becomes ACTIVE, a socket of foreign code only where none of this package follows within half a second; rejects when those
 * made meanwhile have all ended and no other has come for that long, or after `timeoutMs` (default 15,000).
 * @throws InviteError with the failed stage.
 */
export function watchInvite(options: { timeoutMs?: number; clock?: Clock } = {}): Promise<InviteResult> {
	const timeoutMs = numberOption('timeoutMs', options.timeoutMs, 15_000);
	const clock = options.clock ?? systemClock;
	const instrumentation = shared();
	const startedAt = clock.now();
	/** Not ended yet: sockets of foreign code, and connections of this package. */
	const pending = { foreign: new Set<string>(), own: new Set<string>() };
	let hasOwn = false;
	let foreign: InviteResult | null = null;
	let lastEnd = { id: '', detail: '' };
	let cancelConclusion = (): void => {};
	return new Promise((resolve, reject) => {
		const find = (id: string | null) => instrumentation.stats().connections.find((one) => one.id === id) ?? null;
		const finish = (settle: () => void): void => {
			unwatch();
			cancel();
			cancelConclusion();
			settle();
		};
		const fail = (code: string, message: string, id: string | null): void => {
			const connection = find(id);
			const error = Object.assign(new InviteError(code, message), {
				connection,
				stage: connection?.stages.filter((one) => one.name !== 'total').at(-1) ?? null,
			});
			finish(() => reject(error));
		};
		/** What stands when nothing more has come for a while. */
		const conclude = (): void => {
			const result = foreign;
			if (result !== null && !hasOwn) finish(() => resolve(result));
			else if (pending[hasOwn ? 'own' : 'foreign'].size === 0)
				fail('INVITE_FAILED', `the connection of the invite ended before it was active: ${lastEnd.detail}`, lastEnd.id);
		};
		const concludeLater = (): void => {
			cancelConclusion();
			cancelConclusion = clock.after(NEXT_WITHIN_MS, conclude);
		};
		const unwatch = watch(instrumentation.timeline, ({ category, event, connectionId: id, detail }) => {
			if (category !== 'lifecycle' || id === null) return;
			if (event === 'created') {
				const role = find(id)?.role;
				// Who accepts a connection has no invite to paste.
				if (role === 'acceptor') return;
				const isOwn = role === 'initiator';
				pending[isOwn ? 'own' : 'foreign'].add(id);
				hasOwn ||= isOwn;
			}
			const isOwn = pending.own.has(id);
			if (!isOwn && !pending.foreign.has(id)) return;
			if (event === 'connected') {
				const connection = find(id);
				if (connection === null) return;
				const result = { connection, stages: connection.stages, durationMs: clock.now() - startedAt };
				if (isOwn) return finish(() => resolve(result));
				foreign ??= result;
				concludeLater();
			} else if (event === 'closed') {
				pending[isOwn ? 'own' : 'foreign'].delete(id);
				if (isOwn || !hasOwn) lastEnd = { id, detail };
				concludeLater();
			}
		});
		const cancel = clock.after(timeoutMs, () => {
			const { own, foreign: others } = pending;
			const last = [...others, ...own].at(-1) ?? null;
			fail('INVITE_TIMEOUT', `no connection became active within ${timeoutMs} ms; ${own.size + others.size} were on their way`, last);
		});
	});
}
