import type { Clock } from '@linkscope/core';
import { LinkscopeError, numberOption, systemClock } from '@linkscope/core';
import { shared } from './shared.js';
import type { ConnectionSnapshot, StageSnapshot } from './types.js';
import { watch } from './watchers.js';

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
 * Watches an invite being processed: call it before pasting the invite. Resolves with the first connection made after
 * the call that becomes ACTIVE; rejects when those made meanwhile have all ended, or after `timeoutMs` (default 15,000).
 * @throws InviteError with the failed stage.
 */
export function watchInvite(options: { timeoutMs?: number; clock?: Clock } = {}): Promise<InviteResult> {
	const timeoutMs = numberOption('timeoutMs', options.timeoutMs, 15_000);
	const clock = options.clock ?? systemClock;
	const instrumentation = shared();
	const startedAt = clock.now();
	const pending = new Set<string>();
	return new Promise((resolve, reject) => {
		const find = (id: string | null) => instrumentation.stats().connections.find((one) => one.id === id) ?? null;
		const finish = (settle: () => void): void => {
			unwatch();
			cancel();
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
		const unwatch = watch(instrumentation.timeline, ({ category, event, connectionId: id, detail }) => {
			if (category !== 'lifecycle' || id === null) return;
			if (event === 'created') pending.add(id);
			if (!pending.has(id)) return;
			if (event === 'connected') {
				const connection = find(id);
				if (connection) finish(() => resolve({ connection, stages: connection.stages, durationMs: clock.now() - startedAt }));
			} else if (event === 'closed') {
				pending.delete(id);
				if (pending.size === 0) fail('INVITE_FAILED', `the connection of the invite ended before it was active: ${detail}`, id);
			}
		});
		const cancel = clock.after(timeoutMs, () => {
			const last = [...pending].at(-1) ?? null;
			fail('INVITE_TIMEOUT', `no connection became active within ${timeoutMs} ms; ${pending.size} were on their way`, last);
		});
	});
}
