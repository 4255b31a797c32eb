import type { AuthenticatedPeer, Authorization } from '../secure/authenticate.js';
import type { TrustStore } from './trust-record.js';

/**
 * The `authorize` of an AuthenticationPlugin that trusts whom a trust store trusts. It is asked for every connection, so a revocation holds from the next one on.
 * @param options.pairing whether an invite may be proved here: an unknown, revoked or asking peer is then let in as far as pairing. Else the
 * unknown and the revoked are refused.
 */
export function authorizeBy(trustStore: TrustStore, options: { pairing: boolean }): (peer: AuthenticatedPeer) => Promise<Authorization> {
	return async ({ publicKey, verified, pairingRequested }) => {
		// A throw-away identity never comes back: there would be nobody to remember.
		if (!verified) return 'refused';
		const record = await trustStore.get(publicKey);
		// By name: what a store of the application's own says besides trusts nobody.
		const isTrusted = record?.level === 'paired' || record?.level === 'pinned';
		if (options.pairing && (pairingRequested || !isTrusted)) return 'pairing';
		return isTrusted ? 'trusted' : 'refused';
	};
}
