import { bytesToHex } from '@linkscope/crypto/nacl';
import { isSocketUrl } from './pairing-messages.js';

/** What an inviter hands over. Reading one is the work of `parseInvite` of @linkscope/crypto. */
export interface OneInviteParts {
	/** Of a OneTokenBook. */
	readonly token: string;
	/** The inviter's instance key, 32 bytes. */
	readonly publicKey: Uint8Array;
	/** Where the inviter waits: its relay, or itself. */
	readonly url: string;
}

/**
 * An invite as a link. It is a secret: whoever has it may pair once. It stands in the fragment, which browsers never send.
 * @param prefix e.g. `https://edda.one/invites/invitePartner/?invited=true`
 * @throws TypeError where the URL is not ws: or wss:, or carries credentials.
 */
export function formatOneInvite(prefix: string, { token, publicKey, url }: OneInviteParts): string {
	if (!isSocketUrl(url)) throw new TypeError('url must be a ws: or wss: URL without credentials');
	return `${prefix}#${encodeURIComponent(JSON.stringify({ token, publicKey: bytesToHex(publicKey), url }))}`;
}
