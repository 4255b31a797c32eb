import type { Identity } from '@linkscope/crypto';
import type { LinkscopeChannel, TakenOver } from '../linkscope-channel.js';
import type { Exporter } from './exporter.js';

/** Who is at both ends of a session: shared by the layers of one connection. */
export interface SessionPeers {
	readonly identity: Identity;
	/** Ed25519, 32 bytes. */
	readonly peerIdentity: Uint8Array;
	/** Fingerprint, or 'unverified'. */
	readonly peer: string;
	readonly verified: boolean;
	readonly pairing: 'required' | 'none';
	/** Whether what `pairing` requires is done. */
	paired: boolean;
	markPaired(): void;
}

/** What one layer gives to the plugins above it. It holds no key, so an idle connection keeps little. */
export class SessionChannel implements LinkscopeChannel {
	readonly #peers: SessionPeers;
	readonly #exporter: Exporter;
	readonly takeOver?: () => TakenOver;

	constructor(peers: SessionPeers, exporter: Exporter, takeOver?: () => TakenOver) {
		this.#peers = peers;
		this.#exporter = exporter;
		if (takeOver) this.takeOver = takeOver;
	}

	get protocol(): 'linkscope/1' {
		return 'linkscope/1';
	}

	get identity(): Identity {
		return this.#peers.identity;
	}

	get peerIdentity(): Uint8Array {
		return this.#peers.peerIdentity;
	}

	get peer(): string {
		return this.#peers.peer;
	}

	get verified(): boolean {
		return this.#peers.verified;
	}

	get pairing(): 'required' | 'none' {
		return this.#peers.pairing;
	}

	get binding(): Uint8Array {
		return this.#exporter.binding;
	}

	get sessionId(): string {
		return this.#exporter.sessionId;
	}

	exportSecret(label: string): Uint8Array {
		return this.#exporter.export(label);
	}

	markPaired(): void {
		this.#peers.markPaired();
	}
}
