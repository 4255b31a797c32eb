import { type Invite, readInvite } from 'linkscope';
import { linkProblem, type Problem } from './problems.js';

/** What a text is, as an invite's link. */
export type LinkReading =
	| { readonly kind: 'nothing' }
	/** `durationMs`: what checking its format, signature and time took. */
	| { readonly kind: 'invite'; readonly link: string; readonly invite: Invite; readonly durationMs: number }
	| { readonly kind: 'refused'; readonly problem: Problem };

/** Checks format, signature and time of an invite. Nothing is dialled. */
export function readLink(text: string): LinkReading {
	const link = text.trim();
	if (link === '') return { kind: 'nothing' };
	const startedAt = performance.now();
	try {
		return { kind: 'invite', link, invite: readInvite(link), durationMs: performance.now() - startedAt };
	} catch (error) {
		return { kind: 'refused', problem: linkProblem(error, link) };
	}
}

const LOOPBACK = /^wss?:\/\/(localhost|127\.|\[::1\])/;

/** What a person should know before accepting, in sentences. */
export function warningsOf(invite: Invite, page: { protocol: string }): string[] {
	const warnings: string[] = [];
	if (invite.expired) warnings.push('By the clock of this device its time is over. The inviter’s clock decides, so it may still work.');
	const addresses = [...invite.endpoints, ...invite.relays];
	if (page.protocol === 'https:' && addresses.every((url) => url.startsWith('ws:') && !LOOPBACK.test(url))) {
		warnings.push(
			'Browsers let a page that came over https dial wss: addresses only, and this invite has none. Open this page over http, or ask for a wss: address.',
		);
	}
	return warnings;
}
