import {
	createIdentity as create,
	defaultPrimitives,
	exportIdentity as exportText,
	type Identity,
	type IdentityTextOptions,
	importIdentity as importText,
} from '@linkscope/crypto';

/** A new identity, in memory only; `loadOrCreateIdentity()` keeps one. */
export function createIdentity(): Identity {
	return create(defaultPrimitives());
}

/** An identity as text, its secret included: for a place of the application's own. With a passphrase whoever finds the text needs that too. */
export function exportIdentity(identity: Identity, options: IdentityTextOptions = {}): Promise<string> {
	return exportText(defaultPrimitives(), identity, options);
}

/** @throws CryptoError IDENTITY_MALFORMED, IDENTITY_PASSPHRASE. */
export function importIdentity(text: string, options: IdentityTextOptions = {}): Promise<Identity> {
	return importText(defaultPrimitives(), text, options);
}
