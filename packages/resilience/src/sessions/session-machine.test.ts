import { FakeClock } from '@linkscope/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SessionEvent } from './session-events.js';
import { SessionManager } from './session-manager.js';
import { mayBecome, SESSION_STATUSES } from './session-state.js';

const ids = ['a', 'b', 'c'] as const;
const act = fc.oneof(
	fc.record({ kind: fc.constant('register' as const), id: fc.constantFrom(...ids) }),
	fc.record({ kind: fc.constant('beat' as const), id: fc.constantFrom(...ids), latencyMs: fc.integer({ min: -20_000, max: 20_000 }) }),
	fc.record({ kind: fc.constant('status' as const), id: fc.constantFrom(...ids), status: fc.constantFrom(...SESSION_STATUSES) }),
	fc.record({ kind: fc.constant('schedule' as const), id: fc.constantFrom(...ids) }),
	fc.record({ kind: fc.constant('remove' as const), id: fc.constantFrom(...ids) }),
	fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(50, 1_000, 11_000, 30_000, 91_000, 400_000, 3_700_000) }),
	fc.record({ kind: fc.constant('sleep' as const), ms: fc.constantFrom(1_000, 60_000, 3_600_000) }),
	fc.record({ kind: fc.constant('clock' as const), ms: fc.constantFrom(-3_600_000, 3_600_000) }),
);

test('under any schedule every change is one the machine knows, no two tries of a session run at once, and the counts are right', async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(act, { maxLength: 60 }), fc.infiniteStream(fc.constantFrom('up', 'down', 'throw', 'hang')), async (acts, answers) => {
			const clock = new FakeClock();
			const running = new Set<unknown>();
			// Thrown in reconnect() they would be failures of a try, no more.
			const broken: string[] = [];
			const manager = new SessionManager({
				clock,
				async reconnect({ sessionId, status }, { signal }) {
					if (status !== 'RECONNECTING') broken.push(`tried while ${status}`);
					if (running.has(sessionId)) broken.push('two tries at once');
					running.add(sessionId);
					signal.addEventListener('abort', () => running.delete(sessionId));
					const answer = answers.next().value;
					if (answer === 'hang') await new Promise(() => {});
					await undefined;
					running.delete(sessionId);
					if (answer === 'throw') throw new Error('refused');
					return answer === 'up';
				},
			});
			const events: SessionEvent[] = [];
			manager.onEvent.on((event) => events.push(event));
			for (const each of acts) {
				try {
					if (each.kind === 'register') manager.registerConnection(each.id, undefined, 'acme', 'browser');
					if (each.kind === 'beat') manager.updateHeartbeat(each.id, clock.epoch() - each.latencyMs);
					if (each.kind === 'status') manager.updateStatus(each.id, each.status);
					if (each.kind === 'schedule') manager.scheduleReconnection(each.id);
					if (each.kind === 'remove') manager.removeConnection(each.id);
				} catch (error) {
					expect(['SESSION_UNKNOWN', 'SESSION_ENDED', 'SESSION_TRANSITION']).toContain((error as { code?: string }).code);
				}
				if (each.kind === 'pass') await clock.run(each.ms);
				if (each.kind === 'sleep') clock.suspend(each.ms);
				if (each.kind === 'clock') clock.jumpEpoch(each.ms);
				check(manager);
			}
			expect(broken).toEqual([]);
			for (const event of events) if (event.type === 'connection.status.changed') expect(mayBecome(event.from, event.to)).toBe(true);
			// Left alone, nothing waits for ever: who is not heard of is tried, given up and forgotten.
			await clock.run(6 * 3_600_000);
			check(manager);
			for (const session of manager.connections()) expect(session.status).toBe('CONNECTED');
			await manager.close();
			expect(clock.pending).toBe(0);
		}),
		{ numRuns: 60 },
	);
});

function check(manager: SessionManager): void {
	const sessions = [...manager.connections()];
	const { byStatus, byQuality, totals } = manager.health();
	for (const status of SESSION_STATUSES) expect(byStatus[status]).toBe(sessions.filter((session) => session.status === status).length);
	for (const [quality, count] of Object.entries(byQuality)) {
		expect(count).toBe(sessions.filter((session) => session.status === 'CONNECTED' && session.connectionQuality === quality).length);
	}
	for (const session of sessions) {
		expect(session.reconnectAttempts).toBeLessThanOrEqual(session.maxReconnectAttempts);
		expect('disconnectedAt' in session).toBe(['DISCONNECTED', 'RECONNECTING', 'FAILED'].includes(session.status));
	}
	expect(totals.retriesFailed).toBeLessThanOrEqual(totals.retries);
}
