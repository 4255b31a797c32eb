import type { CloseVerdict, VerdictWord } from './types.js';

/** How a connection ended, as its `closed` event tells. */
export interface Ending {
	code: number;
	reason: string;
	initiatedBy: 'local' | 'remote' | 'network';
	wasClean: boolean;
	/** Code of the error that ended it here, if one did. */
	errorCode: string | null;
}

export interface Circumstances {
	/** Whether it ever became ACTIVE. */
	wasActive: boolean;
	/** False while the device says so. */
	online: boolean;
	/** Text of the error that went before; '' where there was none. */
	error: string;
	/** A timer noticed a sleep or a throttled tab shortly before. */
	suspended: boolean;
}

/**
 * One word, and what speaks for it: an error code of this side, a close code, words of a reason text.
 * The first that matches wins, so the particular stands before the general.
 */
const WORDS: readonly (readonly [VerdictWord, RegExp])[] = [
	['duplicate', /(^|[^_])duplicate/i],
	['replaced', /replaced|superseded/i],
	['route-stopped', /route was stopped/i],
	['heartbeat-timeout', /heartbeat|ping timeout/i],
	['slow-reader', /^4440$|slow.?(reader|consumer)/i],
	['message-too-big', /^(1009|4409)$|too.(big|large)|^ws_err_unsupported_(message|data_payload)_length/i],
	['quota', /^4413$|quota|queue_full|inbox_full/i],
	['decrypt-failed', /^443[01]$|decrypt|^record_|^nonces/i],
	['truncated', /truncated/i],
	['not-registered', /^4404$|not.registered/i],
	['invite-refused', /^4410$|(\b|_)invit/i],
	['rate-limited', /^(1013|4429|HTTP 429)$|\brate.?(limit|exceed)|^rate_|too many/i],
	['server-shutdown', /^(1001|1012)$|shut(ting)? ?down|restart|going away/i],
	['timeout', /^4408$|timed?[ _-]?out/i],
	[
		'auth-refused',
		/^(4401|HTTP 40[13])$|unauthori[sz]ed|forbidden|^auth_|authenticat|credential|(invalid|expired|missing|bad|wrong)[ _](\w+[ _])?token|token[ _](\w+[ _])?(invalid|expired|missing|required|revoked|rejected)/i,
	],
	['protocol-error', /^(100[237]|440[02])$|^ws_err_|malformed|protocol/i],
	['offline', /offline/i],
	['refused', /^(1008|1015|HTTP 4..)$|refused|denied/i],
];

/** Codes that say little: a reason text says more. */
const VAGUE: ReadonlySet<number> = new Set([1001, 1008]);

/**
 * Why a connection ended. The first of these that says something wins: the HTTP status that answered the dial, the error of
 * this side, the close code, the reason text (in seeds/004 everything closes with 1000), the circumstances. The table: docs/verdicts.md.
 */
export function closeVerdict({ code, reason, initiatedBy, wasClean, errorCode }: Ending, { wasActive, online, suspended, error }: Circumstances): CloseVerdict {
	// As core and `ws` put it; a browser does not tell.
	const [, status] = (!wasActive && /\b(?:HTTP|server response:) (\d{3})\b/.exec(error)) || [];
	const byStatus = status && wordFor(`HTTP ${status}`);
	if (byStatus) return verdict(byStatus, 1, `HTTP ${status}`);
	const byError = wordFor(errorCode ?? '');
	if (byError) return verdict(byError, 1, `error ${errorCode}`);
	const byReason = wordFor(reason);
	const byCode = wordFor(String(code));
	if (byCode && !(byReason && VAGUE.has(code))) return verdict(byCode, 0.9, `code ${code}`);
	if (byReason) return verdict(byReason, 0.8, `reason text, code ${code}`);
	// What went wrong on this side has a code; the words of its text may be anybody's, a plugin's name for one.
	if (initiatedBy === 'local' && errorCode !== null) return verdict('unknown', 0, `error ${errorCode}`);
	if (!online) return verdict('offline', 0.8, 'the device was offline');
	if (code === 1006 || !wasClean) {
		if (initiatedBy === 'local' && errorCode === null) return verdict('normal', 0.7, `ended by this side, code ${code}`);
		// `ws` tells of some, as of a handshake that timed out, only in words.
		const byText = wordFor(error);
		if (byText) return verdict(byText, 0.7, `error text, code ${code}`);
		if (suspended) return verdict('suspended', 0.7, 'the process or tab had been suspended');
		if (!wasActive) return verdict('refused', 0.6, `code ${code} before it was open`);
		if (code === 1006) return verdict('connection-lost', 0.5, 'code 1006 and no other evidence');
	}
	return code === 1000 || code === 1005 ? verdict('normal', 0.9, `code ${code}`) : verdict('unknown', 0, `code ${code}`);
}

function wordFor(text: string): VerdictWord | undefined {
	return WORDS.find(([, pattern]) => pattern.test(text))?.[0];
}

function verdict(word: VerdictWord, confidence: number, evidence: string): CloseVerdict {
	return { word, confidence, evidence };
}
