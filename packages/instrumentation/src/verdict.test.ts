import { describe, expect, test } from 'vitest';
import type { VerdictWord } from './types.js';
import { type Circumstances, closeVerdict, type Ending } from './verdict.js';

const quiet = { initiatedBy: 'remote', wasClean: true, errorCode: null, wasActive: true, online: true, suspended: false, error: '' } as const;
const judge = (code: number, reason: string, evidence: Partial<Ending & Circumstances> = {}) => {
	const all = { ...quiet, code, reason, ...evidence };
	return closeVerdict(all, all);
};
const word = (code: number, reason = '', evidence: Partial<Ending & Circumstances> = {}) => judge(code, reason, evidence).word;

describe('a reason text explains a normal close', () => {
	const reasons: readonly (readonly [string, VerdictWord])[] = [
		['Close called: New connection replaced old one', 'replaced'],
		['New connection replaced old one', 'replaced'],
		['Close called.', 'normal'],
		['Close called: Corresponding route was stopped', 'route-stopped'],
		['Close called: Duplicate connection - dropped new connection', 'duplicate'],
		['Duplicate connection - dropped new connection', 'duplicate'],
		['', 'normal'],
		['ping timeout', 'heartbeat-timeout'],
		['session timed out', 'timeout'],
		['rate limit exceeded', 'rate-limited'],
		['too many requests', 'rate-limited'],
		['operation completed', 'normal'],
		['quota used up', 'quota'],
		['slow consumer', 'slow-reader'],
		['server shutting down', 'server-shutdown'],
		['Unauthorized', 'auth-refused'],
		['invite expired', 'invite-refused'],
		['not registered', 'not-registered'],
		['message too large', 'message-too-big'],
		['cannot decrypt', 'decrypt-failed'],
		['access denied', 'refused'],
		['access token has expired', 'auth-refused'],
		['Unexpected token < in JSON', 'normal'],
		['uninvited guest left', 'normal'],
		['user wants to rate this call', 'normal'],
	];
	test.each(reasons)('%j is %s', (reason, expected) => expect(word(1000, reason)).toBe(expected));
});

describe('a close code explains itself', () => {
	const codes: readonly (readonly [number, VerdictWord])[] = [
		[1000, 'normal'],
		[1001, 'server-shutdown'],
		[1002, 'protocol-error'],
		[1003, 'protocol-error'],
		[1005, 'normal'],
		[1007, 'protocol-error'],
		[1008, 'refused'],
		[1009, 'message-too-big'],
		[1012, 'server-shutdown'],
		[1013, 'rate-limited'],
		[4400, 'protocol-error'],
		[4401, 'auth-refused'],
		[4402, 'protocol-error'],
		[4404, 'not-registered'],
		[4408, 'timeout'],
		[4409, 'message-too-big'],
		[4410, 'invite-refused'],
		[4413, 'quota'],
		[4429, 'rate-limited'],
		[4430, 'decrypt-failed'],
		[4440, 'slow-reader'],
		[1011, 'unknown'],
		[4999, 'unknown'],
		[Number.NaN, 'unknown'],
	];
	test.each(codes)('%d is %s', (code, expected) => expect(word(code)).toBe(expected));

	test('and a reason text only explains a code that says little', () => {
		expect(word(1009, 'replaced')).toBe('message-too-big');
		expect(word(1008, 'invalid token')).toBe('auth-refused');
		expect(word(1011, 'rate limit')).toBe('rate-limited');
		expect(word(3000, 'Unauthorized')).toBe('auth-refused');
	});
});

test('the error of this side is the best evidence', () => {
	const errors: readonly (readonly [string, VerdictWord])[] = [
		['HEARTBEAT_TIMEOUT', 'heartbeat-timeout'],
		['HANDSHAKE_TIMEOUT', 'timeout'],
		['OPEN_TIMEOUT', 'timeout'],
		['OPEN_REFUSED', 'refused'],
		['SLOW_READER', 'slow-reader'],
		['MESSAGE_TOO_BIG', 'message-too-big'],
		['SEND_QUEUE_FULL', 'quota'],
		['RECORD_REPLAY', 'decrypt-failed'],
		['AUTH_REFUSED', 'auth-refused'],
		['INVITE_EXPIRED', 'invite-refused'],
		['TRUNCATED', 'truncated'],
		['MALFORMED_FRAME', 'protocol-error'],
		['ETIMEDOUT', 'timeout'],
		['TOKEN_EXPIRED', 'auth-refused'],
		['RATE_LIMITED', 'rate-limited'],
		['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'message-too-big'],
		['WS_ERR_INVALID_UTF8', 'protocol-error'],
		['WS_ERR_EXPECTED_MASK', 'protocol-error'],
	];
	for (const [errorCode, expected] of errors) expect(judge(1006, 'replaced', { errorCode })).toMatchObject({ word: expected, confidence: 1 });
});

test('a dial that was answered over HTTP is explained by the status', () => {
	const core = (status: number) =>
		judge(1006, '', { wasActive: false, wasClean: false, errorCode: 'UPGRADE_REFUSED', error: `websocket: host refused the upgrade with HTTP ${status}` });
	expect(core(401)).toEqual({ word: 'auth-refused', confidence: 1, evidence: 'HTTP 401' });
	expect(core(403).word).toBe('auth-refused');
	expect(core(404)).toEqual({ word: 'refused', confidence: 1, evidence: 'HTTP 404' });
	expect(core(429).word).toBe('rate-limited');
	expect(core(500)).toEqual({ word: 'refused', confidence: 1, evidence: 'error UPGRADE_REFUSED' });
	const ofWs = { wasClean: false, initiatedBy: 'network', error: 'Unexpected server response: 401' } as const;
	expect(word(1006, '', { ...ofWs, wasActive: false })).toBe('auth-refused');
	expect(word(1006, '', ofWs)).toBe('connection-lost');
});

test('a loss without a word is explained by its circumstances', () => {
	const lost = { wasClean: false, initiatedBy: 'network' } as const;
	expect(word(1006, '', lost)).toBe('connection-lost');
	expect(word(1006, '', { ...lost, online: false })).toBe('offline');
	expect(word(1006, '', { ...lost, suspended: true })).toBe('suspended');
	expect(word(1006, '', { ...lost, wasActive: false })).toBe('refused');
	expect(word(1006, '', { ...lost, wasActive: false, error: 'Opening handshake has timed out' })).toBe('timeout');
	expect(word(1006, 'Terminate called.', { wasClean: false, initiatedBy: 'local' })).toBe('normal');
});

test('a failure of this side is not judged by the words of its text', () => {
	const local = { wasActive: false, wasClean: false, initiatedBy: 'local' } as const;
	const order = { ...local, errorCode: 'PLUGIN_ORDER', error: 'the lifecycle cannot go from PAIRED to AUTHENTICATING: check the order of the plugins' };
	expect(judge(1006, '', order)).toEqual({ word: 'unknown', confidence: 0, evidence: 'error PLUGIN_ORDER' });
	expect(word(1006, '', { ...local, errorCode: 'PLUGIN_DUPLICATE' })).toBe('unknown');
	const thrown = { ...local, errorCode: 'HANDSHAKE_FAILED', error: 'authentication: trustStore.get is not a function' };
	expect(word(4500, 'HANDSHAKE_FAILED', thrown)).toBe('unknown');
	expect(word(4401, 'PEER_UNKNOWN', { ...local, errorCode: 'PEER_UNKNOWN' })).toBe('auth-refused');
	const dialled = { ...local, initiatedBy: 'network', errorCode: 'OPEN_FAILED', error: 'Opening handshake has timed out' } as const;
	expect(word(1006, '', dialled)).toBe('timeout');
});

test('a verdict names its evidence', () => {
	expect(judge(1000, 'replaced')).toEqual({ word: 'replaced', confidence: 0.8, evidence: 'reason text, code 1000' });
});
