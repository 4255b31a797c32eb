import { codeOf, systemClock } from '@linkscope/core';
import type { Invite } from '@linkscope/crypto';

const MINUTE_MS = 60_000;

/** An inviter does not say why it refuses, or is gone when the time of its invite is over: what this side knows of that is added to the error. */
export function overByOurClock(error: unknown, { expiresAt }: Invite): unknown {
	const lateMs = systemClock.epoch() - expiresAt;
	const code = codeOf(error);
	if (lateMs > 0 && (code === 'INVITE_REFUSED' || code === 'NOT_REGISTERED')) {
		(error as Error).message += `; by this device's clock the invite ended ${Math.ceil(lateMs / MINUTE_MS)} min ago`;
	}
	return error;
}
