/** `paired` by an invite, `pinned` by hand, or `revoked`: known, and to be paired anew. */
export type TrustLevel = 'paired' | 'pinned' | 'revoked';

/** What is known about one identity; frozen. */
export interface TrustRecord {
	/** The Ed25519 public key, 32 bytes as base64url. */
	readonly identity: string;
	/** The same in the form that people compare. */
	readonly fingerprint: string;
	readonly level: TrustLevel;
	/** Milliseconds since 1970: when it got this level. Never before what was known of it then, even where the clock was set back. */
	readonly since: number;
	/** The invite that it was paired by, and the connection id of that pairing: 16 bytes as base64url. */
	readonly inviteId?: string;
	readonly connectionId?: string;
	/** The application's name for it, at most 256 characters. */
	readonly label?: string;
}

/** What is told to `put()`: fingerprint and time are the store's own. */
export interface TrustEntry {
	/** 32 bytes, or as base64url. */
	readonly identity: Uint8Array | string;
	readonly level: TrustLevel;
	readonly inviteId?: string;
	readonly connectionId?: string;
	readonly label?: string;
}

/** What a pairing adds. */
export type PairedEntry = Required<Pick<TrustEntry, 'identity' | 'inviteId' | 'connectionId'>>;

/** An identity: its public key (32 bytes, or as base64url) or its fingerprint. */
export type PeerName = Uint8Array | string;

export interface TrustStore {
	get(peer: PeerName): Promise<TrustRecord | null>;
	/** Adds an identity, or replaces what was known about it: one that was revoked and paired again is `paired`. */
	put(entry: TrustEntry): Promise<TrustRecord>;
	/**
	 * Remembers a peer as `paired` by an invite that was issued at `issuedAt` (milliseconds since 1970). What is known is looked at in the same step: `pinned`
	 * stays `pinned`, a label is kept.
	 * @returns null where the peer was revoked since: what it held before does not bring it back. Nothing changed.
	 */
	pair(entry: PairedEntry, issuedAt: number): Promise<TrustRecord | null>;
	/** What changed last comes last. */
	list(): Promise<TrustRecord[]>;
	/** @returns null where it was not known. */
	revoke(peer: PeerName): Promise<TrustRecord | null>;
	/** Forgets it. @returns false where it was not known. */
	remove(peer: PeerName): Promise<boolean>;
	/** Everything, as text for `import()`. It holds no secrets. */
	export(): Promise<string>;
	/** Adds what is not known yet. What is known stays as it is, but for a revocation, which is taken over. @returns how many records changed. */
	import(text: string): Promise<number>;
	/**
	 * Follows a peer that rotated its identity: the successor gets the record of the former one, which is then revoked.
	 * @param statement what `rotateIdentity()` gave, from anywhere: its two signatures are checked.
	 * @returns null where the former identity is unknown or revoked, or the successor is known already: nothing changed.
	 */
	follow(statement: string): Promise<TrustRecord | null>;
}
