import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { sqlSessionStorage } from '../../sql.js';
import { hasPostgres, type LocalPostgres, startLocalPostgres } from '../fixtures/local-postgres.js';
import { sampleSession, storageSuite } from '../fixtures/storage-suite.js';
import { SessionManager } from '../session-manager.js';

// `npm test` brings a Postgres where it may, and CI does not run without one.
describe.skipIf(!hasPostgres && !process.env.CI)('Postgres', () => {
	let server: LocalPostgres;
	beforeAll(async () => {
		server = await startLocalPostgres();
	});
	afterAll(() => server?.remove());
	const run = async (text: string): Promise<unknown[]> => {
		const client = new pg.Client(server.url);
		await client.connect();
		const { rows } = await client.query(text);
		await client.end();
		return rows;
	};
	beforeEach(() => run('DROP TABLE IF EXISTS linkscope_sessions'));
	const open = (node?: string) => {
		const storage = sqlSessionStorage(server.url, { node });
		onTestFinished(() => storage.close());
		return storage;
	};

	storageSuite(() => sqlSessionStorage(server.url));

	test('is shared by nodes, of which each takes up its own, and a session moves to where it was heard of last', async () => {
		const [one, two] = [open('one'), open('two')];
		// At once: both find no table.
		await Promise.all([one.write({ put: [sampleSession()], remove: [] }), two.write({ put: [sampleSession({ sessionId: 's2' })], remove: [] })]);
		expect(await one.load()).toMatchObject([{ sessionId: 's1' }]);
		const later = new Date('2026-01-01T01:00:00Z');
		await two.write({ put: [sampleSession({ lastHeartbeat: later })], remove: [] });
		await one.write({ put: [sampleSession({ status: 'FAILED' })], remove: ['s2'] });
		expect(await one.load()).toEqual([]);
		expect(await two.load()).toHaveLength(2);
		expect(await run("SELECT status, node FROM linkscope_sessions WHERE session_id = 's1'")).toEqual([{ status: 'RECONNECTING', node: 'two' }]);
	});

	test('that is down loses nothing: memory goes on, health() tells, and all is written when it is back', async () => {
		await server.stop();
		const manager = new SessionManager({ storage: open(), flushIntervalMs: 1 });
		onTestFinished(() => manager.close());
		await expect(manager.restore()).rejects.toThrow(expect.objectContaining({ code: 'SESSION_STORE_UNREACHABLE' }));
		manager.registerConnection('s1', 'u1', 'acme', 'browser');
		await expect(manager.flush()).rejects.toThrow(/postgres 127\.0\.0\.1:\d+\/postgres cannot be reached: .*ECONNREFUSED/);
		expect(manager.health().storage).toMatchObject({ status: 'failing', pendingWrites: 1, lastError: { code: 'SESSION_STORE_UNREACHABLE' } });
		expect(JSON.stringify(manager.health())).not.toContain('no-secret');
		expect(manager.getConnection('s1')?.status).toBe('CONNECTED');
		await server.start();
		await expect.poll(() => manager.health().storage).toMatchObject({ status: 'working', pendingWrites: 0 });
		expect(await run('SELECT session_id FROM linkscope_sessions')).toEqual([{ session_id: 's1' }]);
	});

	test('survives a server that goes and comes back between two writes', async () => {
		const storage = open();
		await storage.write({ put: [sampleSession()], remove: [] });
		await server.stop();
		await expect(storage.load()).rejects.toThrow(expect.objectContaining({ code: 'SESSION_STORE_UNREACHABLE' }));
		await server.start();
		expect(await storage.load()).toHaveLength(1);
	});

	test('says that a table of the same name is another', async () => {
		await run('CREATE TABLE linkscope_sessions (node text, something text)');
		await expect(open().load()).rejects.toThrow(expect.objectContaining({ code: 'SESSION_STORE_CORRUPT', message: expect.stringContaining('session_id') }));
	});

	test('leaves a session alone that somebody has spoiled, and tells of it', async () => {
		const storage = open();
		await storage.write({ put: ['a', 'b', 'c'].map((sessionId) => sampleSession({ sessionId })), remove: [] });
		await run("UPDATE linkscope_sessions SET status = 'HAPPY' WHERE session_id = 'a'; UPDATE linkscope_sessions SET metadata = '{' WHERE session_id = 'b'");
		const manager = new SessionManager({ storage });
		onTestFinished(() => manager.close());
		expect(await manager.restore()).toBe(1);
		expect(manager.health().storage).toMatchObject({ status: 'working', corruptSessions: 2 });
		expect(await run('SELECT 1 FROM linkscope_sessions')).toHaveLength(3);
	});
});
