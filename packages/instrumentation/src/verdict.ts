import type { CloseVerdict, VerdictWord } from './types.js';

/** What is known about an ending besides its code and reason text. */
export interface CloseEvidence {
	initiatedBy: 'local' | 'remote' | 'network';
	wasClean: boolean;
	/** Code of the error that ended it here, if one did. */
	errorCode: string | null;
	/** Whether it ever became ACTIVE. */
	wasActive: boolean;
	/** False while the device says so. */
	online: boolean;
	/** A timer noticed a sleep or a throttled tab shortly before. */
	suspended: boolean;
}

/**
 * Why a connection ended. The first of these that says something wins: the error of this side, the close code,
 * the reason text (in seeds/004 everything closes with 1000), the circumstances. The table: docs/verdicts.md.
 */
export function closeVerdict(code: number, reason: string, evidence: CloseEvidence): CloseVerdict {
	const { errorCode, initiatedBy } = evidence;
	const byError = errorCode === null ? undefined : firstMatch(ERRORS, errorCode);
	if (byError) return verdict(byError, 1, `error ${errorCode}`);
	const byCode = Object.hasOwn(CODES, code) ? CODES[code] : undefined;
	const byReason = firstMatch(REASONS, reason);
	// 1008 and 1011 say little; a reason text says more.
	if (byCode && !(byReason && VAGUE.has(code))) return verdict(byCode, 0.9, `code ${code}`);
	if (byReason) return verdict(byReason, 0.8, `reason text, code ${code}`);
	if (!evidence.online) return verdict('offline', 0.8, 'the device was offline');
	if (code === 1006 || code === 1005 || !evidence.wasClean) {
		if (initiatedBy === 'local' && errorCode === null) return verdict('normal', 0.7, `ended by this side, code ${code}`);
		if (evidence.suspended) return verdict('suspended', 0.7, 'the process or tab had been suspended');
		if (!evidence.wasActive) return verdict('refused', 0.6, `code ${code} before it was open`);
		if (code === 1006) return verdict('connection-lost', 0.5, 'code 1006 and no other evidence');
	}
	if (code === 1000 || code === 1005) return verdict('normal', 0.9, `code ${code}`);
	return verdict('unknown', 0, `code ${code}`);
}

const ERRORS: readonly (readonly [RegExp, VerdictWord])[] = [
	[/^HEARTBEAT/, 'heartbeat-timeout'],
	[/TIMEOUT/, 'timeout'],
	[/^SLOW_READER/, 'slow-reader'],
	[/TOO_BIG/, 'message-too-big'],
	[/FULL$|QUOTA/, 'quota'],
	[/DECRYPT|^RECORD_|^NONCES/, 'decrypt-failed'],
	[/TRUNCATED/, 'truncated'],
	[/NOT_REGISTERED/, 'not-registered'],
	[/^INVITE/, 'invite-refused'],
	[/^AUTH/, 'auth-refused'],
	[/^RATE/, 'rate-limited'],
	[/OFFLINE/, 'offline'],
	[/REFUSED/, 'refused'],
	[/MALFORMED|PROTOCOL/, 'protocol-error'],
];

const CODES: Readonly<Record<number, VerdictWord>> = {
	1001: 'server-shutdown',
	1002: 'protocol-error',
	1003: 'protocol-error',
	1007: 'protocol-error',
	1008: 'refused',
	1009: 'message-too-big',
	1012: 'server-shutdown',
	1013: 'rate-limited',
	1015: 'refused',
	4400: 'protocol-error',
	4401: 'auth-refused',
	4402: 'protocol-error',
	4404: 'not-registered',
	4408: 'timeout',
	4409: 'message-too-big',
	4410: 'invite-refused',
	4413: 'quota',
	4429: 'rate-limited',
	4430: 'decrypt-failed',
	4431: 'decrypt-failed',
	4440: 'slow-reader',
};

const VAGUE: ReadonlySet<number> = new Set([1001, 1008]);

const REASONS: readonly (readonly [RegExp, VerdictWord])[] = [
	[/duplicate/i, 'duplicate'],
	[/replaced|superseded/i, 'replaced'],
	[/route was stopped/i, 'route-stopped'],
	[/heartbeat|ping timeout/i, 'heartbeat-timeout'],
	[/not registered/i, 'not-registered'],
	[/invit/i, 'invite-refused'],
	[/\brate|too many/i, 'rate-limited'],
	[/quota/i, 'quota'],
	[/slow (reader|consumer)/i, 'slow-reader'],
	[/too (big|large)/i, 'message-too-big'],
	[/shut(ting)? ?down|restart|going away/i, 'server-shutdown'],
	[/time(d )?-?out/i, 'timeout'],
	[/unauthori[sz]ed|forbidden|authenticat|credential|token/i, 'auth-refused'],
	[/decrypt/i, 'decrypt-failed'],
	[/refused|denied/i, 'refused'],
];

function firstMatch(table: readonly (readonly [RegExp, VerdictWord])[], text: string): VerdictWord | undefined {
	return table.find(([pattern]) => pattern.test(text))?.[1];
}

function verdict(word: VerdictWord, confidence: number, evidence: string): CloseVerdict {
	return { word, confidence, evidence };
}
