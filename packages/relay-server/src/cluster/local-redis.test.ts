import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { findRedisServer, REDIS_SERVER_VARIABLE, startLocalRedis } from './local-redis.js';

let folder: string;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'linkscope-test-'));
	onTestFinished(() => rmSync(folder, { recursive: true }));
});
afterEach(() => vi.unstubAllEnvs());

function program(name: string, text: string): string {
	const path = join(folder, name);
	writeFileSync(path, text);
	chmodSync(path, 0o755);
	return path;
}

test('takes the one that is named, then the first on PATH', () => {
	const [named, valkey] = [program('mine', ''), program('valkey-server', '')];
	expect(findRedisServer({ [REDIS_SERVER_VARIABLE]: named, PATH: folder })).toBe(named);
	expect(findRedisServer({ [REDIS_SERVER_VARIABLE]: join(folder, 'none') })).toBeNull();
	const redis = program('redis-server', '');
	expect([redis, valkey]).toContain(findRedisServer({ PATH: `relative:${folder}` }));
	expect(findRedisServer({ PATH: folder })).toBe(redis);
});

test('says what to install where there is none', async () => {
	vi.stubEnv(REDIS_SERVER_VARIABLE, join(folder, 'none'));
	await expect(startLocalRedis()).rejects.toMatchObject({
		code: 'REDIS_NOT_FOUND',
		message: expect.stringMatching(/apt-get install redis-server.*LINKSCOPE_REDIS_SERVER/),
	});
});

test('says the last words of one that does not start', async () => {
	vi.stubEnv(REDIS_SERVER_VARIABLE, program('redis-server', '#!/bin/sh\necho "cannot do that"\nexit 1\n'));
	await expect(startLocalRedis()).rejects.toMatchObject({ code: 'REDIS_NOT_STARTED', message: expect.stringMatching(/ended at once: cannot do that$/) });
});
